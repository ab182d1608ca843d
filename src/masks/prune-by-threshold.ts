import * as tf from '@tensorflow/tfjs-core';
import {expectSees} from '../criteria/expect-criterion.js';
import {layerSelector} from '../layers/layer-selector.js';
import {expectModel} from '../layers/model-layers.js';
import {SCORING} from './mask-rule.js';
import {number, oneOf, positive} from '../options/option.js';
import {expectExactlyOne, read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import {atThreshold, type Threshold} from './at-threshold.js';
import type {PruneOnceResult} from './prune-once.js';
import type {Model} from '../tfjs-internals.js';
import {say} from '../display/say.js';
import {chosenWeights, type PlacedWeight} from './placed-weights.js';
import {updateMasks} from './update-masks.js';
import {countMasked, valuesOf} from './zero-count.js';
import {expectWithinWeights} from '../structures/each-weight.js';
import type {LayerScores} from '../structures/structure.js';

const OPTIONS = {
  /** The score that a group must reach to be kept, the same for all layers, a number >= 0. */
  below: number({min: 0}, undefined),
  /** The same score in standard deviations of each layer's weights that are not pruned yet, a number > 0. */
  deviations: positive(undefined),
  /** `true`: the score must be above the largest gap between scores of the layer, on a logarithmic scale. */
  gap: oneOf([true], undefined),
  /** Which wrapped layers to prune. Defaults to all trainable ones; a frozen layer must be named. */
  layers: layerSelector(),
};

/** Options of {@link pruneByThreshold}: exactly one of `below`, `deviations` and `gap`, and how groups are scored. */
export type PruneByThresholdArgs = Args<typeof SCORING & typeof OPTIONS>;

/**
 * Prunes weights that are already small, such as those that a penalty drove to zero. How much is pruned depends on the
 * scores of each layer, not on a sparsity.
 *
 * Scores are those of the criterion, by default `magnitude()`: |w|, for a group the mean. The best group of each weight
 * is kept, however small. Called again it prunes further: pruned weights stay pruned. All or nothing: if it throws,
 * masks and weights are as they were. Thresholds by deviations: Han et al. 2015, https://arxiv.org/abs/1506.02626
 *
 * @throws TypeError or RangeError if the model has no wrapped layer, an option is unknown or wrong, not exactly one of
 *     `below`, `deviations` and `gap` is given, the criterion observes gradients or inputs, `layers` matches none, a
 *     weight is NaN, or a score is negative and `gap` is given.
 *
 * @example
 * await model.fit(x, y, {callbacks: [new ProximalPenalty({penalty: groupLasso({strength: 1e-3})})]});
 * const {sparsity} = await pruneByThreshold(model, {gap: true, structure: filters()});
 */
export async function pruneByThreshold(model: Model, args: PruneByThresholdArgs): Promise<PruneOnceResult> {
  expectModel('pruneByThreshold', model);
  const options = read('pruneByThreshold', args, {...SCORING, ...OPTIONS});
  const {criterion, structure, layers} = options;
  expectExactlyOne('pruneByThreshold', args, ['below', 'deviations', 'gap']);
  expectSees('pruneByThreshold', criterion, ['model']);
  if (options.deviations !== undefined) expectWithinWeights('`deviations` of pruneByThreshold', structure);
  const pruned = chosenWeights('pruneByThreshold', model, layers);
  const allocation = atThreshold(await thresholdBy(options, pruned));
  const before = await countMasked(pruned.map(({weight}) => weight));
  const count = await updateMasks(pruned, 0, {criterion, structure, allocation});
  if (count.zeros === before.zeros)
    say('pruneByThreshold', 'nothing is pruned: no group is below the threshold, except the best of a layer');
  return {...count, sparsity: count.zeros / count.weights};
}

async function thresholdBy(
  {below, deviations}: Pick<Values<typeof OPTIONS>, 'below' | 'deviations'>,
  pruned: readonly PlacedWeight[],
): Promise<Threshold> {
  if (below !== undefined) return () => below;
  if (deviations === undefined) return aboveGap;
  const spreads = new Map<string, number>();
  for (const one of pruned) spreads.set(one.name, await standardDeviation(one));
  return ({name}) => deviations * spreads.get(name)!;
}

/** The standard deviation of the weights that are not masked. */
async function standardDeviation({weight}: PlacedWeight): Promise<number> {
  const deviation = tf.tidy(() => {
    const [kernel, mask] = [weight.kernel.read(), weight.mask.read()];
    const count = tf.sum(mask);
    const mean = tf.div(tf.sum(tf.mul(kernel, mask)), count);
    return tf.sqrt(tf.div(tf.sum(tf.mul(tf.square(tf.sub(kernel, mean)), mask)), count));
  });
  const [value] = await valuesOf(deviation);
  deviation.dispose();
  return value!;
}

/**
 * The first score above the widest gap between neighbors; if all are equal, that score. Scores of 0 form a gap of their
 * own.
 */
function aboveGap({name, scores}: LayerScores): number {
  const negative = scores.find(score => score < 0 && score > -Infinity);
  if (negative !== undefined) {
    throw new RangeError(
      `Expected scores of "${name}" that are >= 0, for gaps on a logarithmic scale, got ${negative}; ` +
        'use another criterion',
    );
  }
  const sorted = scores.filter(score => score >= 0 && score < Infinity).sort();
  let [widest, above] = [1, sorted[0] ?? 0];
  for (let i = 1; i < sorted.length; i++) {
    const ratio = sorted[i]! / sorted[i - 1]!;
    if (ratio > widest) [widest, above] = [ratio, sorted[i]!];
  }
  return above;
}
