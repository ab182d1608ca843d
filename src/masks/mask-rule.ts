import {checked, type Allocation} from '../allocations/allocation.js';
import {uniform} from '../allocations/uniform.js';
import type {Criterion} from '../criteria/criterion.js';
import {expectCriterion} from '../criteria/expect-criterion.js';
import {magnitude} from '../criteria/magnitude.js';
import {expectBoolean, expectFunction, expectMethods, isCallable, received} from '../options/expect.js';
import type {Structure} from '../structures/structure.js';
import {weights} from '../structures/weights.js';

/** The answers to the field's questions, each a plug: any with any. */
export interface MaskRuleArgs {
  /** Which weights matter least. Defaults to `magnitude()`. */
  criterion?: Criterion;
  /** Which weights go together. Defaults to `weights()`, each on its own. */
  structure?: Structure;
  /** How the sparsity is shared among layers. Defaults to `uniform()`. */
  allocation?: Allocation;
}

/** How masks are chosen, and what becomes of the kernels. */
export interface MaskRule extends Required<MaskRuleArgs> {
  /** Whether pruned weights compete again at each update, with the dense kernels that live on. */
  readonly regrowth?: boolean;
  /** Whether masks alone are changed: what they mask stays in the kernels, and in what belongs to whole units. */
  readonly keepDense?: boolean;
}

/** Expects a structure: ours, or any object of that shape. */
export function expectStructure(structure: Structure): Structure {
  expectMethods('structure', structure, ['pool', 'spread']);
  expectMethodOrNone('structure', structure, 'over');
  if (structure.wholeUnits !== undefined) expectBoolean('structure.wholeUnits', structure.wholeUnits);
  return structure;
}

function expectMethodOrNone<T extends object>(name: string, plug: T, method: keyof T & string): void {
  if (plug[method] !== undefined) expectFunction(`${name}.${method}`, plug[method], 'or left out');
}

/** Expects plugs of the right kind, and fills in those that are not given. */
export function expectMaskRule(args: MaskRuleArgs): Required<MaskRuleArgs> {
  const {criterion = magnitude(), structure = weights(), allocation = uniform()} = args;
  expectCriterion(criterion);
  expectStructure(structure);
  if (!isCallable(allocation)) {
    throw new TypeError(`Expected \`allocation\` to be a function such as uniform(), got ${received(allocation)}`);
  }
  return {criterion, structure, allocation: checked(allocation)};
}
