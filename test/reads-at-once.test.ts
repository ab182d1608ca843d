import * as tf from '@tensorflow/tfjs';
import {
  GradualPruning,
  lamp,
  maskZeros,
  oneShot,
  prunable,
  pruneOnce,
  shrink,
  sparsityReport,
  stripPruning,
} from 'tfjs-pruning';

type Read = (dataId: tf.DataId) => tf.backend_util.TypedArray;

/** The cpu backend, which reads the right values later, but at once what `readSync` makes of them. */
function latecomer(readSync: (values: tf.backend_util.TypedArray) => tf.backend_util.TypedArray): tf.KernelBackend {
  const backend = tf.findBackendFactory('cpu')() as tf.KernelBackend;
  const right: Read = backend.readSync.bind(backend) as Read;
  return Object.assign(backend, {
    read: (dataId: tf.DataId) => Promise.resolve(right(dataId)),
    readSync: (dataId: tf.DataId) => readSync(right(dataId)),
  });
}

const NAME = 'reads-zeros';
/** As webgpu does where it can't read through a canvas. */
const readsZeros = () => latecomer(values => values.map(() => 0));

describe('on a backend that reads zeros at once', () => {
  let before: string;
  let model: tf.Sequential;

  beforeAll(async () => {
    before = tf.getBackend();
    tf.registerBackend(NAME, readsZeros);
    tf.copyRegisteredKernels('cpu', NAME);
    await tf.setBackend(NAME);
    const kernel = tf.tensor2d([
      [3, 0.1],
      [0.2, 2],
    ]);
    const dense = tf.layers.dense({name: 'd', units: 2, inputShape: [2], useBias: false, weights: [kernel]});
    model = prunable(tf.sequential({layers: [dense]}));
  });

  afterAll(() => tf.setBackend(before));

  test('what is async is right', async () => {
    await pruneOnce(model, {sparsity: 0.5});
    expect((await sparsityReport(model)).total.sparsity).toBe(0.5);
    expect(Array.from(await stripPruning(model).layers[0]!.getWeights()[0]!.data())).toEqual([3, 0, 0, 2]);
  });

  test('what reads at once says that it can not', async () => {
    const message = `Expected a backend that can read tensors at once (dataSync), which "${NAME}" can't here; set`;
    await expect(pruneOnce(model, {sparsity: 0.5, criterion: lamp()})).rejects.toThrow(message);
  });

  test('pruning while it trains is right', async () => {
    const trained = prunable(stripPruning(model));
    await maskZeros(trained);
    trained.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const callbacks = [new GradualPruning({schedule: oneShot({targetSparsity: 0.75})})];
    await trained.fit(tf.ones([4, 2]), tf.ones([4, 2]), {batchSize: 2, verbose: 0, callbacks});
    expect((await sparsityReport(trained)).total.sparsity).toBe(0.75);
  });

  test('surgery says that it can not', async () => {
    const unit = tf.layers.dense({name: 'u', units: 2, inputShape: [2], activation: 'relu'});
    const chain = tf.sequential({layers: [unit, tf.layers.dense({name: 'out', units: 1})]});
    const small = await shrink(chain).catch((error: unknown) => error as Error);
    if (small instanceof Error) expect(small.message).toContain('can read tensors at once');
    else expect(small.layers.map(layer => layer.countParams())).toEqual([6, 3]);
  });
});
