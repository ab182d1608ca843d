import {magnitude} from '../criteria/magnitude.js';
import {chooseMasks} from './choose-masks.js';
import type {MaskRule} from './mask-rule.js';
import type {PrunedWeight} from './pruned-weight.js';

/**
 * Whether a sparsity asks for no zero at all, since there are so few groups: a tenth of four filters rounds to none. How many go
 * is a matter of structure and allocation, not of the criterion, which may have to observe first.
 */
export async function roundsToNone(
  pruned: readonly PrunedWeight[],
  sparsity: number,
  rule: MaskRule,
): Promise<boolean> {
  const {groups} = await chooseMasks(pruned, sparsity, {...rule, criterion: magnitude()});
  return groups.every(kept => !kept.includes(0));
}
