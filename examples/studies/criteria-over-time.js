/**
 * Do criteria work on a net that has not converged? Each prunes after 0, 2, 10, 50 and 100 % of training; all nets then
 * train on to the same number of epochs: npx tfjs-pruning study examples/studies/criteria-over-time.js
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  fisher,
  globalRanking,
  magnitude,
  prunable,
  pruneOnce,
  random,
  snip,
  synFlow,
  uniform,
  wanda,
} from 'tfjs-pruning';
import {PruningCallback, updateMasks} from 'tfjs-pruning/callbacks';
import {method, metric, mnist1d, net, study, top1} from 'tfjs-pruning/study';

const CRITERIA = {random, magnitude, wanda, gradientTimesWeight: snip, fisher, synFlow};
const AFTER = [0, 0.02, 0.1, 0.5, 1];
/** Training examples that criteria see. */
const EXAMPLES = 256;

export const cnn = net({
  name: 'cnn',
  version: 1,
  make({seed, inputShape}) {
    const kernelInitializer = tfl.initializers.heNormal({seed});
    const conv = {filters: 25, kernelSize: 5, strides: 2, padding: 'same', activation: 'relu', kernelInitializer};
    return tfl.sequential({
      layers: [
        tfl.layers.conv1d({name: 'conv1', inputShape, ...conv}),
        tfl.layers.conv1d({name: 'conv2', ...conv}),
        tfl.layers.conv1d({name: 'conv3', ...conv}),
        tfl.layers.flatten(),
        tfl.layers.dense({name: 'output', units: 10, activation: 'softmax', kernelInitializer}),
      ],
    });
  },
});

/** All layers are ranked together, but for random weights, of which each layer loses the same share. */
function ruleOf({options}, seed) {
  const isRandom = options.criterion === 'random';
  const criterion = CRITERIA[options.criterion](...(isRandom ? [{seed}] : []));
  return {criterion, allocation: isRandom ? uniform() : globalRanking()};
}

/** Shows an action the same few examples each time. */
async function withExamples({xs, ys}, action) {
  const [seenXs, seenYs] = [xs, ys].map(all => tf.slice(all, 0, EXAMPLES));
  try {
    return await action({data: {xs: seenXs, ys: seenYs}, batchSize: 64, loss: 'categoricalCrossentropy'});
  } finally {
    tf.dispose([seenXs, seenYs]);
  }
}

// #region callback
/** Prunes once, at a step of training. */
class PruneAt extends PruningCallback {
  constructor(at, {sparsity, data, layers}, rule) {
    const prune = weights => withExamples(data, seen => updateMasks(weights, sparsity, rule, seen));
    super(
      {
        masks: 'more',
        keepsZeros: () => true,
        atStep: async ({step, weights}) => (step === at ? prune(weights) : undefined),
      },
      {layers},
    );
  }
}
// #endregion

/** Each criterion at each time, as methods of a study with the given recipe. */
function methodsFor({epochs}) {
  const after = (criterion, share) =>
    method({
      name: 'prunedAfter',
      version: 1,
      options: {criterion, share},
      train(call) {
        const steps = epochs * Math.ceil(call.data.xs.shape[0] / call.batchSize);
        const callback = new PruneAt(Math.round(share * steps), call, ruleOf(call, call.seed));
        return {model: prunable(call.net, {layers: call.layers}), callbacks: [callback]};
      },
    });
  return Object.keys(CRITERIA).flatMap(criterion => AFTER.map(share => after(criterion, share)));
}

// #region overlap
/** How many of the kept weights the same criterion would keep after all of training, in percent. */
const overlap = metric({
  name: 'overlap',
  version: 1,
  async measure(model, _test, _options, {method: by, sparsity, layers, seed, data, trained}) {
    if (!by) return 100;
    const final = prunable(await trained(), {layers});
    const rule = ruleOf(by, seed);
    await withExamples(data, seen => pruneOnce(final, {sparsity, ...rule, ...seen}));
    const [ours, theirs] = [model, final].map(each => layers.flatMap(name => kernelOf(each, name)));
    final.dispose();
    const kept = [...ours.keys()].filter(i => ours[i] !== 0);
    return (100 * kept.filter(i => theirs[i] !== 0).length) / kept.length;
  },
});
// #endregion

function kernelOf(model, name) {
  return [...model.getLayer(name).getWeights()[0].dataSync()];
}

/** The study of a net on data. */
export function criteriaOverTime({train, ...rest}) {
  return study({
    methods: methodsFor(train),
    targets: {sparsity: [0.8]},
    metrics: [top1(), overlap],
    train,
    ...rest,
  });
}

export default criteriaOverTime({
  name: 'criteria-over-time',
  data: [mnist1d()],
  nets: [cnn],
  seeds: [1, 2, 3, 4, 5],
  train: {epochs: 8, tuneEpochs: 4, batchSize: 50, optimizer: 'fusedAdam', learningRate: 0.01},
});
