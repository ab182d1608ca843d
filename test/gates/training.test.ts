import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  continuousSparsification,
  coupledChannels,
  differentiablePruning,
  dynamicThreshold,
  edgePopup,
  filters,
  hardConcrete,
  LearnedMasks,
  prunable,
  recalibrateBatchNorm,
  scaleGates,
  shrink,
  softThreshold,
  sparsityReport,
  stripPruning,
  tapAttention,
  type DeclaredGate,
  type LearnedMasksArgs,
  type Structure,
} from 'tfjs-pruning';
import {BackupAndRestore} from 'tfjs-pruning/callbacks';
import {constantSparsity} from 'tfjs-pruning/schedules';
import {gatesIn} from '../support/gates.js';
import {wrapper, zerosIn} from '../support/masks.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

const glorot = (seed: number) => ({kernelInitializer: tf.initializers.glorotUniform({seed})});

/** A convolution, its batch normalization, and two Dense layers. */
function net(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({name: 'conv', filters: 4, kernelSize: 3, inputShape: [5, 5, 2], ...glorot(1)}),
      tf.layers.batchNormalization({name: 'norm', betaInitializer: tf.initializers.constant({value: 0.3})}),
      tf.layers.reLU(),
      tf.layers.flatten(),
      tf.layers.dense({name: 'hidden', units: 6, activation: 'relu', ...glorot(2)}),
      tf.layers.dense({name: 'out', units: 2, ...glorot(3)}),
    ],
  });
}

const adam = () => tf.train.adam(0.01);

function compiled<M extends tf.LayersModel>(model: M, optimizer: tf.Optimizer | string = adam()): M {
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

const gated = (gate: DeclaredGate = hardConcrete(), structure?: Structure, layers: RegExp = /conv|hidden/) =>
  prunable(net(), {gate, layers, ...(structure && {structure})});

let x: tf.Tensor;
let y: tf.Tensor;
beforeAll(() => {
  x = tf.randomNormal([16, 5, 5, 2], 0, 1, 'float32', 1);
  y = tf.randomNormal([16, 2], 0, 1, 'float32', 2);
});

/** Four batches an epoch. */
const fit = (model: tf.LayersModel, callbacks: tf.Callback[], epochs = 2, args: tf.ModelFitArgs = {}) =>
  model.fit(x, y, {batchSize: 4, epochs, verbose: 0, shuffle: false, callbacks, ...args});

const values = (model: tf.LayersModel) => model.getWeights().map(weight => [...weight.dataSync()]);

let said: jest.SpyInstance;
beforeEach(() => (said = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => said.mockRestore());

const GATES: Record<string, {gate: () => DeclaredGate; args?: LearnedMasksArgs}> = {
  bernoulli: {gate: () => bernoulli({dropRate: 0.3})},
  continuousSparsification: {gate: () => continuousSparsification()},
  differentiablePruning: {gate: () => differentiablePruning()},
  dynamicThreshold: {gate: () => dynamicThreshold()},
  edgePopup: {gate: () => edgePopup()},
  hardConcrete: {gate: () => hardConcrete({dropRate: 0.3})},
  scaleGates: {gate: () => scaleGates()},
  softThreshold: {gate: () => softThreshold({first: -3})},
  'softThreshold with a leak': {gate: () => softThreshold({first: -3, leak: 0.5})},
};

/** A place for backups. */
function memory() {
  let kept: tf.io.ModelArtifacts | undefined;
  return {
    save: (artifacts: tf.io.ModelArtifacts) => Promise.resolve(void (kept = structuredClone(artifacts))),
    load: () => Promise.resolve(kept),
  };
}

/** Ends a fit with an error before some batch, counted over all epochs. */
const crashAt = (at: number) => {
  let batches = 0;
  return new tf.CustomCallback({
    onBatchBegin: () => (batches++ === at ? Promise.reject(new Error('crashed')) : Promise.resolve()),
  });
};

describe.each(Object.entries(GATES))('%s', (_, {gate}) => {
  test('stopped in the middle of an epoch and resumed, trains on as if it had not been', async () => {
    const plan = () => new LearnedMasks({target: 0.5, endStep: 0.6, epochs: 3});
    const whole = compiled(gated(gate()));
    await fit(whole, [plan()], 3);
    const place = memory();
    const run = async (...more: tf.Callback[]) => {
      const [backup, pruning] = [new BackupAndRestore(place, {every: 1}), plan()];
      const {model, initialEpoch} = await backup.restore(() => compiled(gated(gate())), [pruning]);
      await fit(model, [pruning, ...more, backup], 3, {initialEpoch});
      return model;
    };
    await expect(run(crashAt(6))).rejects.toThrow('crashed'); // before gates are decided
    await expect(run(crashAt(3))).rejects.toThrow('crashed'); // after it
    const model = await run();
    expect(gatesIn(model).every(({isHard}) => isHard)).toBe(true);
    expect(values(model)).toEqual(values(whole));
  });

  test('when decided, is constant: fine-tuning moves no output of what is closed', async () => {
    const model = compiled(gated(gate(), filters()));
    await fit(model, [new LearnedMasks({target: 0.5, endStep: 0.5, epochs: 4})], 4);
    const gates = gatesIn(model);
    expect(gates.every(({isHard}) => isHard)).toBe(true);
    const decided = gates.map(each => [...each.values(false).dataSync()]);
    decided.flat().forEach(value => expect([0, 1]).toContain(value));
    const masks = wrappers(model).map(weight => [...weight.mask.read().dataSync()]);
    const kernels = wrappers(model).map(weight => [...weight.kernel.read().dataSync()]);
    await fit(model, [], 1);
    expect(gates.map(each => [...each.values(false).dataSync()])).toEqual(decided);
    expect(gates.map(each => [...each.values(true).dataSync()])).toEqual(decided);
    expect(wrappers(model).map(weight => [...weight.mask.read().dataSync()])).toEqual(masks);
    const tuned = wrappers(model).map(weight => [...weight.kernel.read().dataSync()]);
    expect(tuned).not.toEqual(kernels);
    expect(distance(predict(stripPruning(model), x), predict(model, x))).toBeLessThan(1e-5);
    expect(distance(predict(await shrink(stripPruning(model)), x), predict(model, x))).toBeLessThan(1e-4);
    expect(said.mock.calls.flat().filter(line => !/LearnedMasks|shrink/.test(String(line)))).toEqual([]);
  });

  test('leaks nothing over fits, nor over steps', async () => {
    const model = compiled(gated(gate()));
    const run = () => fit(model, [new LearnedMasks({target: 0.5, endStep: 1, epochs: 1})], 1);
    const counts: number[] = [];
    await fit(
      model,
      [
        new LearnedMasks({target: 0.5, endStep: 0.5, epochs: 8}),
        new tf.CustomCallback({onEpochEnd: () => Promise.resolve(void counts.push(tf.memory().numTensors))}),
      ],
      8,
    );
    expect(counts[2]).toBe(counts[1]);
    expect(counts[7]).toBe(counts[6]);
    await expectNoLeak(async () => void (await run()));
  });
});

const wrappers = (model: tf.LayersModel) => ['conv', 'hidden'].map(name => wrapper(model, name).maskedWeights[0]!);
