import * as tf from '@tensorflow/tfjs';
import {coupledChannels, hardConcrete, prunable, pruneOnce, quantizationAware, stripPruning} from 'tfjs-pruning';
import {compressed, quantized, type BytesStore} from 'tfjs-pruning/wire';
import {ARCHITECTURES} from '../support/architectures.js';
import {EVERY_LAYER, modelOf} from '../support/every-layer.js';
import {maskEvery} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

beforeEach(() => jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

/** The file of a model. */
async function compressedBytes(model: tf.LayersModel): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  const store: BytesStore = {save: given => void (bytes = given)};
  await model.save(compressed(store, {others: 'float16'}));
  return bytes;
}

/** What stock tf.js is given to save. */
async function quantizedArtifacts(model: tf.LayersModel): Promise<unknown> {
  let saved: unknown;
  const handler = tf.io.withSaveHandler(({weightData, ...others}) => {
    saved = [others, new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData))];
    return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
  });
  await model.save(quantized(handler));
  return saved;
}

/** Without the numbers that tf.js gives to inner layers without a name: they count on with each copy. */
function unnumbered(saved: unknown): unknown {
  return JSON.parse(JSON.stringify(saved).replace(/(_[A-Z][A-Za-z]+)\d+"/g, '$1"'));
}

const NETS: Record<string, () => Promise<tf.LayersModel>> = {
  'pruned weights': async () => {
    const model = prunable(ARCHITECTURES.pooledAttention());
    await pruneOnce(model, {sparsity: 0.7});
    model.setUserDefinedMetadata({classes: ['cat', 'dog']});
    return model;
  },
  quantizers: async () => {
    const parametrizations = [quantizationAware({bits: 4})];
    const model = prunable(ARCHITECTURES.pooledAttention(), {parametrizations});
    await pruneOnce(model, {sparsity: 0.5});
    return model;
  },
  'gates that are not decided': () => {
    const gate = hardConcrete({dropRate: 0.5});
    return Promise.resolve(prunable(ARCHITECTURES.pooledAttention(), {gate, structure: coupledChannels()}));
  },
};

describe.each(Object.entries(NETS))('a model with %s', (_, make) => {
  test('is written as if it had been stripped', async () => {
    const model = await make();
    expect(await compressedBytes(model)).toEqual(await compressedBytes(stripPruning(model)));
    expect(await quantizedArtifacts(model)).toEqual(await quantizedArtifacts(stripPruning(model)));
  });
});

test('so is every layer of tf.js, also with constraints that its weights do not meet', async () => {
  for (const row of EVERY_LAYER) {
    const model = prunable(modelOf(row));
    maskEvery(3, model.layers);
    const [own, stripped] = [await quantizedArtifacts(model), await quantizedArtifacts(stripPruning(model))];
    expect([row.name, unnumbered(own)]).toEqual([row.name, unnumbered(stripped)]);
  }
});

test('saving a wrapped model leaks nothing and changes nothing', async () => {
  const model = await NETS['quantizers']!();
  const valuesOf = () => model.weights.map(weight => [...weight.read().dataSync()]);
  const before = valuesOf();
  await expectNoLeak(async () => void (await compressedBytes(model)));
  expect(valuesOf()).toEqual(before);
});

test.each(['compressed', 'quantized'] as const)('%s refuses an optimizer', async kind => {
  const model = tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3]})]});
  const save = jest.fn();
  const target = kind === 'compressed' ? compressed({save}) : quantized({save});
  for (const each of [model, prunable(model)]) {
    each.compile({optimizer: 'adam', loss: 'meanSquaredError'});
    await expect(each.save(target, {includeOptimizer: true})).rejects.toThrow(
      `${kind} keeps no optimizer; save without \`includeOptimizer\`, or to another target`,
    );
  }
  expect(save).not.toHaveBeenCalled();
});
