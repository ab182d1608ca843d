import {checked, type Allocation} from '../allocations/allocation.js';
import {uniform} from '../allocations/uniform.js';
import type {Criterion} from '../criteria/criterion.js';
import {expectCriterion} from '../criteria/expect-criterion.js';
import {magnitude} from '../criteria/magnitude.js';
import {isCallable, received} from '../options/expect.js';
import {expectStructure, type Structure} from '../structures/structure.js';
import {weights} from '../structures/weights.js';

/** What to prune, in three parts that go together freely. */
export interface MaskRuleArgs {
  /** Which weights matter least. Defaults to `magnitude()`. */
  criterion?: Criterion;
  /** Which weights are pruned together. Defaults to `weights()`, each on its own. */
  structure?: Structure;
  /** How the sparsity is shared among layers. Defaults to `uniform()`. */
  allocation?: Allocation;
}

/** How masks are chosen, and what they do to the kernels. */
export interface MaskRule extends Required<MaskRuleArgs> {
  /** Whether pruned weights compete again at each update, with their values in the dense kernels. */
  readonly regrowth?: boolean;
  /** Whether only the masks change: kernels, and the vectors of whole units, keep their values. */
  readonly keepDense?: boolean;
}

/** Expects the parts of a rule, and fills in the defaults. */
export function expectMaskRule(args: MaskRuleArgs): Required<MaskRuleArgs> {
  const {criterion = magnitude(), structure = weights(), allocation = uniform()} = args;
  expectCriterion(criterion);
  expectStructure(structure);
  if (!isCallable(allocation)) {
    throw new TypeError(`Expected \`allocation\` to be a function such as uniform(), got ${received(allocation)}`);
  }
  return {criterion, structure, allocation: checked(allocation)};
}
