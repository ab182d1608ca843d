import {expectAllocation} from '../allocations/allocation.js';
import {uniform} from '../allocations/uniform.js';
import {expectCriterion} from '../criteria/expect-criterion.js';
import {magnitude} from '../criteria/magnitude.js';
import {option} from '../options/option.js';
import type {Args, Values} from '../options/table.js';
import {expectStructure} from '../structures/structure.js';
import {weights} from '../structures/weights.js';

/** Options: how weights are grouped and scored. */
export const SCORING = {
  /** Which weights matter least. Defaults to `magnitude()`. */
  criterion: option(expectCriterion, magnitude),
  /** Which weights are pruned together. Defaults to `weights()`, each on its own. */
  structure: option(expectStructure, weights),
};

const SHARING = {
  /** How the sparsity is shared among layers. Defaults to `uniform()`. */
  allocation: option(expectAllocation, uniform),
};

/** The options that say what to prune. */
export const MASK_RULE: typeof SCORING & typeof SHARING = {...SCORING, ...SHARING};

/** What to prune: any criterion, structure and allocation go together. */
export type MaskRuleArgs = Args<typeof MASK_RULE>;

/** How masks are chosen, and what they do to the kernels. */
export interface MaskRule extends Values<typeof MASK_RULE> {
  /** Whether pruned weights compete again at each update, with their values in the dense kernels. */
  readonly regrowth?: boolean;
  /** Whether only the masks change: kernels, and the vectors of whole units, keep their values. */
  readonly keepDense?: boolean;
}
