import {magnitude} from '../criteria/magnitude.js';
import {countIn} from '../math/count-of.js';
import {chooseMasks} from './choose-masks.js';
import type {MaskRule} from './mask-rule.js';
import type {PlacedWeight} from './placed-weights.js';

/**
 * Whether a sparsity asks for no more zeros than are already masked: a tenth of four filters rounds to none, and a
 * schedule may begin below what is masked. Only structure and allocation decide how many are pruned, so the criterion,
 * which may have observed nothing yet, is not asked.
 */
export async function roundsToNone(
  pruned: readonly PlacedWeight[],
  sparsity: number,
  rule: MaskRule,
): Promise<boolean> {
  const zerosAt = async (asked: number) => {
    const {groups} = await chooseMasks(pruned, asked, {...rule, criterion: magnitude()});
    return countIn(groups, 0);
  };
  return (await zerosAt(sparsity)) === (await zerosAt(0));
}
