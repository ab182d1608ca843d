import * as tf from '@tensorflow/tfjs-core';
import {scoreOf} from '../criteria/criterion.js';
import type {Evidence} from '../passes/evidence.js';
import type {Grouping} from '../structures/structure.js';
import type {MaskRule} from './mask-rule.js';
import type {PrunedWeight} from './pruned-weight.js';
import {scoreWeight, type WeightScores} from './score-weight.js';

/**
 * Scores weights that are pruned together.
 *
 * @param grouping tells which of them are scored, and the scales of batch normalizations.
 * @throws what {@link scoreWeight} throws; RangeError if the criterion has seen nothing of a weight and needs to.
 */
export async function scoreWeights(
  pruned: readonly PrunedWeight[],
  {criterion, regrowth = false}: Pick<MaskRule, 'criterion' | 'regrowth'>,
  {scored, batchNormScale}: Pick<Grouping, 'scored' | 'batchNormScale'>,
  evidence: Evidence,
): Promise<WeightScores[]> {
  const scores: WeightScores[] = [];
  for (const [i, {weight, name, unit}] of pruned.entries()) {
    const layout = {...weight.layout, name};
    const about = {
      layout,
      // Few ask for it.
      get batchNormScale() {
        return batchNormScale ? batchNormScale(i) : unit?.scale?.read();
      },
    };
    const mask = regrowth ? undefined : await weight.maskValues();
    const score = () => {
      // What `keepDense` has left behind a mask does not count.
      const value = regrowth ? weight.kernel.read() : weight.read();
      return scored?.[i] === false ? tf.zerosLike(value) : scoreOf(criterion, value, evidence.get(weight), about);
    };
    scores.push(await scoreWeight(layout, mask, score));
  }
  return scores;
}
