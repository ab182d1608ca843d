import * as tf from '@tensorflow/tfjs';
import {attentionScores, grasp, prunable, pruneOnce, snip, synFlow, taylor, type Criterion} from 'tfjs-pruning';
import {wrapper} from '../support/masks.js';

/** A net whose batch normalization has a scale and a shift, or not. They change nothing, so that all nets are alike. */
function net(norm: {scale?: boolean; center?: boolean}): tf.LayersModel {
  const drawn = (seed: number) => ({kernelInitializer: tf.initializers.glorotUniform({seed})});
  const movingMeanInitializer = tf.initializers.constant({value: 0.1});
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({name: 'conv', filters: 4, kernelSize: 3, inputShape: [5, 5, 2], ...drawn(1)}),
      tf.layers.batchNormalization({name: 'norm', movingMeanInitializer, ...norm}),
      tf.layers.reLU(),
      tf.layers.conv2d({name: 'next', filters: 3, kernelSize: 2, activation: 'relu', ...drawn(2)}),
      tf.layers.flatten(),
      tf.layers.dense({name: 'out', units: 2, ...drawn(3)}),
    ],
  });
  return compiled(model);
}

function compiled(model: tf.LayersModel): tf.LayersModel {
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

const data = () => ({
  xs: tf.randomNormal([8, 5, 5, 2], 0, 1, 'float32', 1),
  ys: tf.randomNormal([8, 2], 0, 1, 'float32', 2),
});

const INCOMPLETE = [{scale: false}, {center: false}, {scale: false, center: false}];

test.each<[string, () => Criterion]>([
  ['snip', snip],
  ['taylor', taylor],
  ['grasp', grasp],
  ['synFlow', synFlow],
])('%s masks the same without a scale or shift that change nothing', async (_, criterion) => {
  const masksOf = async (norm: object) => {
    const model = compiled(prunable(net(norm)));
    await pruneOnce(model, {sparsity: 0.5, criterion: criterion(), data: data(), batchSize: 4});
    return ['conv', 'next', 'out'].map(name => [...wrapper(model, name).maskedWeights[0]!.mask.read().dataSync()]);
  };
  const whole = await masksOf({});
  for (const norm of INCOMPLETE) expect(await masksOf(norm)).toEqual(whole);
});

test('attention is the same, and the layer is as it was', async () => {
  const scoresOf = async (model: tf.LayersModel) => {
    const found = await attentionScores(model, {data: data(), batchSize: 4});
    return Object.values(found).flatMap(scores => [...scores.dataSync()]);
  };
  const whole = await scoresOf(net({}));
  for (const norm of INCOMPLETE) {
    const model = net(norm);
    const config = JSON.stringify(model.getConfig());
    (await scoresOf(model)).forEach((score, i) => expect(score).toBeCloseTo(whole[i]!, 5));
    expect(JSON.stringify(model.getConfig())).toBe(config);
    expect(model.getLayer('norm').weights.map(({originalName}) => originalName)).not.toContain('norm/gamma_1');
  }
});
