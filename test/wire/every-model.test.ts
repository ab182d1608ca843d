import * as tf from '@tensorflow/tfjs';
import {compressed, quantized} from 'tfjs-pruning/wire';
import {ARCHITECTURES} from '../support/architectures.js';
import {declareOwnLayers, Mlp} from '../support/own-layers.js';
import {withRandomWeights} from '../support/random-weights.js';

beforeAll(declareOwnLayers);
beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

async function throughCompressed(model: tf.LayersModel): Promise<tf.LayersModel> {
  let bytes = new Uint8Array(0);
  await model.save(compressed({save: given => void (bytes = given)}, {bits: 16}));
  return tf.loadLayersModel(compressed({load: () => bytes}));
}

async function throughQuantized(model: tf.LayersModel): Promise<tf.LayersModel> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  const handler = tf.io.withSaveHandler(given => {
    artifacts = given;
    return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
  });
  await model.save(quantized(handler, {dtype: 'uint16'}));
  return tf.loadLayersModel(tf.io.fromMemory(artifacts!));
}

/** Each kernel within a ten-thousandth of its largest weight, and each vector as it was. */
function expectSameWeights(after: tf.LayersModel, before: tf.LayersModel): void {
  const [is, was] = [after, before].map(model => model.weights.map(weight => weight.read()));
  expect(is!.map(({shape}) => shape)).toEqual(was!.map(({shape}) => shape));
  for (const [i, {rank}] of was!.entries()) {
    const [now, values] = [is![i]!.dataSync<'float32'>(), was![i]!.dataSync<'float32'>()];
    const most = rank > 1 ? 1e-4 * values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) : 0;
    expect(values.every((value, k) => Math.abs(now[k]! - value) <= most)).toBe(true);
  }
}

async function expectKept(model: tf.LayersModel): Promise<void> {
  for (const loaded of [await throughCompressed(model), await throughQuantized(model)]) {
    expect(loaded.layers.map(layer => layer.getClassName())).toEqual(model.layers.map(layer => layer.getClassName()));
    expectSameWeights(loaded, model);
    loaded.dispose();
  }
}

/** But for one whose depth multiplier tf.js does not save, so that it can't load it. */
const NETS = Object.entries(ARCHITECTURES).filter(([name]) => name !== 'separableMultiplied');

test.each(NETS)('%s: shared, nested and recurrent layers come back', async (_, make) => {
  await expectKept(withRandomWeights(make()));
});

test('so do layers of your own', async () => {
  const own = new Mlp({name: 'own', hidden: 6, units: 4});
  const model = tf.sequential({layers: [tf.layers.dense({units: 5, inputShape: [3]}), own]});
  await expectKept(withRandomWeights(model));
});
