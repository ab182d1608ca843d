import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {loadSnapshot, putBack, saveSnapshot, takeSnapshot} from '../../src/layers/weight-snapshot.js';
import {maskEvery} from '../support/masks.js';
import {distance, expectNoLeak, predict} from '../support/tensors.js';

/** A nested model, a shared layer, statistics, a recurrent layer, and layers of the same name in different models. */
function net(): tf.LayersModel {
  const inner = tf.sequential({
    name: 'inner',
    layers: [tf.layers.dense({name: 'fc', units: 4, inputShape: [3, 4]}), tf.layers.batchNormalization()],
  });
  const input = tf.input({shape: [3, 4]});
  const shared = tf.layers.dense({name: 'fc', units: 4});
  const x = shared.apply(shared.apply(inner.apply(input))) as tf.SymbolicTensor;
  const output = tf.layers.bidirectional({layer: tf.layers.gru({units: 2}), mergeMode: 'concat'}).apply(x);
  return prunable(tf.model({inputs: input, outputs: output as tf.SymbolicTensor}));
}

function memory(): Required<Pick<tf.io.IOHandler, 'save' | 'load'>> {
  let saved: tf.io.ModelArtifacts;
  return {
    save: artifacts => {
      saved = artifacts;
      return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
    },
    load: () => Promise.resolve(saved),
  };
}

/** Moves everything: the kernels, and the statistics by a pass of training. */
function disturb(model: tf.LayersModel): void {
  tf.tidy(() => {
    model.apply(tf.randomNormal([5, 3, 4]), {training: true});
    for (const weight of model.trainableWeights) weight.write(tf.add(weight.read(), 1));
  });
}

test('puts back all weights, by way of a file or not, whatever is frozen in between', async () => {
  const model = net();
  const x = tf.randomNormal([5, 3, 4], 0, 1, 'float32', 1);
  disturb(model);
  const before = predict(model, x);
  await expectNoLeak(async () => {
    const place = memory();
    const snapshot = await takeSnapshot(model);
    await saveSnapshot(snapshot, place);
    expect(await loadSnapshot(place)).toEqual(snapshot);
    for (const taken of [snapshot, await loadSnapshot(place)]) {
      disturb(model);
      model.layers[1]!.trainable = !model.layers[1]!.trainable;
      putBack(taken, model);
      const after = predict(model, x);
      expect(distance(after, before)).toBe(0);
      tf.dispose(after);
    }
  });
});

test('leaves masks as they are, and zeroes what they mask', async () => {
  const model = net();
  const snapshot = await takeSnapshot(model);
  expect(snapshot.map(({name}) => name).filter(name => /mask/.test(name))).toEqual([]);
  expect(new Set(snapshot.map(({name}) => name)).size).toBe(snapshot.length);
  maskEvery(2, model.layers);
  disturb(model);
  putBack(snapshot, model);
  for (const layer of model.layers) {
    for (const weight of 'maskedWeights' in layer ? (layer.maskedWeights as {kernel: tf.LayerVariable}[]) : []) {
      expect([...weight.kernel.read().dataSync()].every((value, i) => i % 2 === 1 || value === 0)).toBe(true);
    }
  }
});

test('says of what else a snapshot is', async () => {
  const model = net();
  const snapshot = await takeSnapshot(model);
  expect(() => putBack(snapshot.slice(1), model)).toThrow(
    /where the model has "inner\/fc\/kernel" \[4,4\] the snapshot/,
  );
  expect(() => putBack([...snapshot, snapshot[0]!], model)).toThrow(/the model has no weight the snapshot has "inner/);
  await expect(loadSnapshot({...memory(), load: () => Promise.resolve({})})).rejects.toThrow(/got none/);
});
