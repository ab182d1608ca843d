import * as tf from '@tensorflow/tfjs-core';
import {scoreOf} from '../criteria/criterion.js';
import type {Evidence} from '../passes/evidence.js';
import {aboutWeight, type Grouping} from '../structures/structure.js';
import type {MaskRule} from './mask-rule.js';
import type {PlacedWeight} from './placed-weights.js';
import {scoreWeight, type WeightScores} from './score-weight.js';

/**
 * Scores weights that are pruned together.
 *
 * @param about what the criterion is told about each weight; if nothing, the weight scores 0.
 * @throws what {@link scoreWeight} throws; RangeError if the criterion has seen nothing of a weight and needs to.
 */
export async function scoreWeights(
  pruned: readonly PlacedWeight[],
  {criterion, regrowth = false}: Pick<MaskRule, 'criterion' | 'regrowth'>,
  {about = i => aboutWeight(pruned[i]!)}: Pick<Grouping, 'about'>,
  evidence: Evidence,
): Promise<WeightScores[]> {
  const scores: WeightScores[] = [];
  for (const [i, {weight, layout}] of pruned.entries()) {
    const mask = regrowth ? undefined : await weight.maskValues();
    const score = () => {
      // Values that `keepDense` kept behind a mask do not count.
      const value = regrowth ? weight.kernel.read() : weight.read();
      const told = about(i);
      return told ? scoreOf(criterion, value, evidence.get(weight), told) : tf.zerosLike(value);
    };
    scores.push(await scoreWeight(layout, mask, score));
  }
  return scores;
}
