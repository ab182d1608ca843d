/** How the time a shrunk net saves compares to the multiply-adds it saves; nets and images of the published sizes. */
import * as tf from '@tensorflow/tfjs';
import {planChannelPruning, random, shrink, uniform, type ChannelPlan} from 'tfjs-pruning';
import {interleaved, median, medianRatio, report, type Figure} from '../support/figures.js';
import {largeVgg, mobilenetV2, resnet} from '../support/surgery-nets.js';

/** The fractions of multiply-adds left. */
const LEFT = [0.5, 0.25];
/** Three quarters of the speed-up that the multiply-adds promise. */
const ALLOWED = 1.33;

interface Subject {
  readonly name: string;
  readonly net: () => tf.LayersModel;
  readonly roundTo: number;
  readonly batches: readonly number[];
}

const SUBJECTS: readonly Subject[] = [
  {
    name: 'MobileNetV2, 96 x 96',
    net: () => mobilenetV2({seed: 1, inputShape: [96, 96, 3]}),
    roundTo: 8,
    batches: [1, 32],
  },
  {
    name: 'MobileNetV2, 224 x 224',
    net: () => mobilenetV2({seed: 1, inputShape: [224, 224, 3]}),
    roundTo: 8,
    batches: [1],
  },
  {name: 'ResNet-20, 32 x 32', net: () => resnet({seed: 1, inputShape: [32, 32, 3]}), roundTo: 4, batches: [1, 32]},
  {name: 'VGG of 21 M parameters, 32 x 32', net: () => largeVgg(1), roundTo: 8, batches: [1, 32]},
];

async function predictionTime(model: tf.LayersModel, images: tf.Tensor): Promise<number> {
  const start = performance.now();
  const output = model.predict(images, {batchSize: images.shape[0]}) as tf.Tensor;
  await output.data();
  const milliseconds = performance.now() - start;
  output.dispose();
  return milliseconds;
}

/** The times of each model, one per round. */
async function timesOf(models: readonly tf.LayersModel[], batch: number): Promise<number[][]> {
  const images = tf.zeros([batch, ...(models[0]!.inputs[0]!.shape.slice(1) as number[])]);
  const contenders = models.map((model, i) => [i, () => predictionTime(model, images)] as const);
  const times = await interleaved(Object.fromEntries(contenders), {rounds: batch === 1 ? 31 : 11, warmUp: 3});
  images.dispose();
  return models.map((_, i) => times[i]!);
}

function speedUps(what: string, plans: readonly ChannelPlan[], dense: number[], small: readonly number[][]): Figure[] {
  return plans.flatMap(({before, after}, i) => {
    const multiplyAdds = after.multiplyAdds! / before.multiplyAdds!;
    const time = medianRatio(small[i]!, dense);
    const here = `${what}, ${(100 * multiplyAdds).toFixed(1)} % of its multiply-adds`;
    return [
      {what: `${here}: speed-up`, value: 1 / time, unit: 'x'},
      {what: `${here}: time left / multiply-adds left`, value: time / multiplyAdds, unit: 'x', target: ALLOWED},
    ];
  });
}

/** Shrinks all layers alike, at random: speed does not depend on which channels are removed. */
async function figuresOf({name, net, roundTo, batches}: Subject): Promise<Figure[]> {
  const dense = net();
  const planFor = (target: {sparsity: number} | {multiplyAdds: number; roundTo: number}) =>
    planChannelPruning(dense, {...target, criterion: random({seed: 1}), allocation: uniform()});
  const plans = await Promise.all(LEFT.map(multiplyAdds => planFor({multiplyAdds, roundTo})));
  // With about one channel in each layer, little is left but the time tf.js needs to call kernels.
  const bare = await planFor({sparsity: 0.999});
  const models = [dense, ...(await Promise.all([bare, ...plans].map(plan => shrink(dense, plan))))];
  const figures: Figure[] = [];
  for (const batch of batches) {
    const [whole, least, ...small] = await timesOf(models, batch);
    const what = `${name}, batch ${batch}`;
    figures.push({what, value: median(whole!), unit: 'ms'});
    figures.push({what: `${what}: a channel in each layer`, value: median(least!), unit: 'ms'});
    figures.push(...speedUps(what, plans, whole!, small));
  }
  for (const model of models) model.dispose();
  return figures;
}

/** Measures them. */
export async function main(): Promise<void> {
  const figures: Figure[] = [];
  for (const subject of SUBJECTS) figures.push(...(await figuresOf(subject)));
  report('surgery/speed', figures);
}
