/** How much of each layer can go? Searches the rates, and compares policies with the same rate for all layers. */
import * as tf from '@tensorflow/tfjs';
import {
  agents,
  bisection,
  channelSpace,
  evolution,
  formatChannelPlan,
  greedy,
  metricScore,
  perLayer,
  planChannelPruning,
  prunable,
  pruneOnce,
  recalibrateBatchNorm,
  reinforcement,
  searchRates,
  shrink,
  weightSpace,
  type ChannelPlan,
  type SearchPolicy,
  type SearchState,
} from 'tfjs-pruning';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

/** Test accuracies of the dense net, and of each small one; those of a search that was stopped and resumed. */
export interface Searched {
  dense: number;
  uniform: number;
  policies: Record<string, number>;
  resumed: [number, number];
  sparse: number;
}

/** Trains on so many digits; each policy may score so many pruned nets. */
export async function main(trainCount = 12_800, testCount = 10_000, evaluations = 40): Promise<Searched> {
  console.log(`backend: ${await useFastestBackend()}\n`);
  const all = trainingDigits(trainCount);
  const held = Math.floor(trainCount / 5);
  const [heldOut, {x, y}] = [part(all, 0, held), part(all, held, trainCount - held)];
  const test = testDigits(testCount);
  const model = net();
  model.compile({optimizer: tf.train.adam(0.005), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  await model.fit(x, y, {epochs: 3, batchSize: 64, verbose: 0});
  const dense = accuracy(model, test);
  console.log(`dense          ${percent(dense)}`);
  const few = tf.slice(x, 0, Math.min(512, x.shape[0]));

  // #region search
  // How good a pruned copy is: its accuracy on examples that it was not trained on, once its statistics fit again.
  const score = metricScore({data: {xs: heldOut.x, ys: heldOut.y}, recalibrate: {xs: few}, batchSize: 256});
  const target = {multiplyAdds: 0.5};
  const {rates, plan, uniform} = await searchRates(model, {target, score, policy: bisection()});
  console.log(rates); // {'conv1/kernel': 0.375, 'conv2/kernel': 0.25, ...}
  const small = await shrink(model, plan);
  // #endregion
  console.log(`held out: the same rate for all ${percent(uniform.score)}`);
  small.dispose();

  // #region reuse
  const file = JSON.stringify(rates); // write it, and read it in another process, for this net or one like it
  const allocation = perLayer(JSON.parse(file) as Record<string, number>);
  const again = await planChannelPruning(model, {...target, allocation});
  // #endregion
  console.log(formatChannelPlan(again));

  /** The test accuracy of a plan, recalibrated, not trained. */
  const tested = async (each: ChannelPlan) => {
    const cut = await shrink(model, each);
    await recalibrateBatchNorm(cut, {data: {xs: few}, batchSize: 256});
    const result = accuracy(cut, test);
    cut.dispose();
    return result;
  };
  const same = await searchRates(model, {target, score, policy: bisection(), evaluations: 1}); // uniform rates alone
  const first = await tested(same.plan);
  console.log(`${'uniform'.padEnd(14)} ${percent(first)}`);

  // #region policies
  const policies = [
    bisection(), // about five evaluations a layer
    greedy({steps: 5}), // as many as steps times layers
    evolution({generations: evaluations, population: 16, tournament: 4}), // the longer, the better
    reinforcement({episodes: evaluations, warmUp: 16}), // learns slowly: the paper takes 800
    agents({episodes: evaluations}), // chooses single channels
  ];
  const results: Record<string, number> = {};
  for (const policy of policies) {
    const found = await searchRates(model, {target, score, policy, evaluations, seed: 1});
    results[policy.name] = await tested(found.plan);
  }
  // #endregion
  for (const [name, result] of Object.entries(results)) console.log(`${name.padEnd(14)} ${percent(result)}`);

  // #region resume
  const policy = evolution({generations: 20, population: 8, tournament: 4});
  const space = channelSpace({roundTo: 2, perLayer: {conv1: {maxSparsity: 0.5}}});
  let state: SearchState | undefined;
  const stopped = {evaluations: 5, onProgress: (progress: {state: SearchState}) => void (state = progress.state)};
  await searchRates(model, {target, score, policy, space, seed: 1, ...stopped});
  const saved = JSON.stringify(state); // all scores so far: write it to a file
  const resumed = await searchRates(model, {target, score, policy, space, state: JSON.parse(saved) as SearchState});
  // #endregion
  const whole = await searchRates(model, {target, score, policy, space, seed: 1});
  console.log(`resumed ${percent(resumed.score)}, never stopped ${percent(whole.score)}`);

  // #region weights
  const found = await searchRates(model, {target: {sparsity: 0.6}, score, policy: bisection(), space: weightSpace()});
  const masked = prunable(model);
  await pruneOnce(masked, {sparsity: found.sparsity, allocation: perLayer(found.rates)});
  // #endregion
  masked.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  const sparse = accuracy(masked, test);
  console.log(`60 % of the weights gone: ${percent(sparse)}`);
  return {dense, uniform: first, policies: results, resumed: [resumed.score, whole.score], sparse};
}

// #region own
/** Tries rates at random; each candidate is just as sparse as the target asks. */
export const randomSearch: SearchPolicy = {
  name: 'random',
  async *search({layers, random, reach}) {
    for (let i = 0; i < 100; i++) {
      const powers = [...random(layers.length, `powers ${i}`)].map(number => 4 * number);
      yield reach(level => ({rates: powers.map(power => level ** power)})); // from nothing, at level 0, to all, at 1
    }
  },
};
// #endregion

/** Convolutions of very different use: the first layers see large maps, the last have most of the weights. */
function net(): tf.Sequential {
  const conv = (name: string, filters: number, seed: number, more = {}) => [
    tf.layers.conv2d({
      name,
      filters,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      kernelInitializer: tf.initializers.heNormal({seed}),
      ...more,
    }),
    tf.layers.batchNormalization({name: `${name}_norm`, momentum: 0.9}),
    tf.layers.reLU(),
  ];
  return tf.sequential({
    layers: [
      ...conv('conv1', 8, 1, {inputShape: [28, 28, 1], strides: 2}),
      ...conv('conv2', 16, 2),
      tf.layers.maxPooling2d({poolSize: 2}),
      ...conv('conv3', 16, 3),
      ...conv('conv4', 32, 4),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({name: 'output', units: 10, activation: 'softmax'}),
    ],
  });
}

function part({x, y}: Digits, begin: number, count: number): Digits {
  return {x: tf.slice(x, begin, count), y: tf.slice(y, begin, count)};
}

function accuracy(model: tf.LayersModel, {x, y}: Digits): number {
  return tf.tidy(() => (model.evaluate(x, y, {batchSize: 500}) as tf.Scalar[])[1]!.dataSync()[0]!);
}

function percent(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}
