import {MASK_RULE} from '../masks/mask-rule.js';
import {noteMakers} from '../options/makers.js';
import {integer, number, oneOf, option, positive, sparsity} from '../options/option.js';
import {expectAbsent, read} from '../options/read.js';
import type {Args, Extended, Values} from '../options/table.js';
import {expectStructure} from '../structures/structure.js';
import {filters} from '../structures/filters.js';
import type {ChoiceTime, Penalty} from './penalty.js';
import {coefficientsOf, expectWeightRule, weightedDecay} from './weighted-decay.js';
import {masksToBe} from './masks-to-be.js';
import {sizeOf} from '../math/size-of.js';

const GROWTH = {
  /** By how much the coefficient grows at a time, a number > 0. Defaults to 1e-4. */
  growth: positive(1e-4),
  /** Every how many steps it grows, a whole number >= 1. Defaults to 5. */
  frequency: integer({min: 1}, 5),
  /** What it grows to, a number > 0. Defaults to 1. */
  ceiling: positive(1),
  /** In variant 2: by how much the coefficient of all weights grows at a time before the choice. Defaults to 1e-5. */
  pickingGrowth: positive(1e-5),
  /** In variant 2: what the coefficient of all weights grows to before the choice. Defaults to 0.01. */
  pickingCeiling: positive(0.01),
  /** In variant 2: how strongly kept weights are pushed away from zero after the choice, >= 0. Defaults to 1e-4. */
  recovery: number({min: 0}, 1e-4),
};

const OPTIONS = {
  /** 1: the weights to prune are chosen at once. 2: all are pushed first, and those that give way are chosen. */
  variant: oneOf([1, 2]),
  /** The fraction of groups to prune, in [0, 1). */
  sparsity: sparsity(),
  /** Which weights are pruned together. Defaults to `filters()`. */
  structure: option(expectStructure, filters),
};

/** Options of {@link growingRegularization}. */
export type GrowingRegularizationArgs = Args<Extended<typeof MASK_RULE, typeof OPTIONS & typeof GROWTH>>;

type Growth = Values<typeof GROWTH>;

/**
 * Growing weight decay on whole groups, until the groups to be pruned are close to zero (GReg-1 and GReg-2). Use it
 * with {@link ScheduledPenalty}.
 *
 *     1/2 * sum of c * w^2,   with n = floor(step / frequency) + 1 increments
 *     variant 1:  c = min(ceiling, n * growth) for groups to be pruned, 0 for the rest
 *     variant 2:  c = n * pickingGrowth for all groups, up to pickingCeiling, reached after p increments; then
 *                 c = min(ceiling, pickingCeiling + (n - p) * growth) for groups to be pruned, -recovery for the rest
 *
 * The groups are chosen once; by default whole filters by magnitude, the same fraction of each layer. Prune them
 * yourself, with the same options, some time after the ceiling was reached. A resumed training keeps the choice if the
 * state of its callback is restored; with `initialStep` alone it chooses again.
 * Wang et al. 2021, https://arxiv.org/abs/2012.09243
 *
 * @throws TypeError or RangeError if an option is unknown or wrong, or the criterion needs more than the weights.
 *
 * @example
 * const penalty = growingRegularization({variant: 1, sparsity: 0.5, growth: 1e-3});
 * await model.fit(x, y, {epochs: 20, callbacks: [new ScheduledPenalty({penalty, layers: /conv/})]});
 * await pruneOnce(model, {sparsity: 0.5, structure: filters(), layers: /conv/});
 */
export function growingRegularization(args: GrowingRegularizationArgs): Penalty {
  const options = read('growingRegularization', args, {...MASK_RULE, ...OPTIONS, ...GROWTH});
  const {variant, sparsity, frequency} = options;
  if (variant === 1) {
    const picking = ['pickingGrowth', 'pickingCeiling', 'recovery'] as const;
    expectAbsent('growingRegularization', args, picking, 'with `variant: 1`, which chooses at once');
  }
  const rule = expectWeightRule('growingRegularization', options);
  const coefficientsAt = variant === 1 ? growingAtOnce : growingAfterPicking;
  return weightedDecay(async (weights, {step, previous}) => {
    const {pruned, kept} = coefficientsAt(Math.floor(step / frequency) + 1, options);
    if (pruned === kept) return weights.map(({layout}) => new Float32Array(sizeOf(layout.shape)).fill(pruned));
    const masks = chosenBefore(previous) ?? (await masksToBe(weights, sparsity, rule));
    return masks.map(mask => coefficientsOf(mask, kept, pruned));
  }, frequency);
}

noteMakers(growingRegularization);

/** The coefficients after `n` increments. */
interface Coefficients {
  readonly pruned: number;
  readonly kept: number;
}

function growingAtOnce(n: number, {growth, ceiling}: Growth): Coefficients {
  return {pruned: Math.min(ceiling, n * growth), kept: 0};
}

function growingAfterPicking(
  n: number,
  {growth, ceiling, pickingGrowth, pickingCeiling, recovery}: Growth,
): Coefficients {
  const picking = Math.ceil(Math.fround(pickingCeiling / pickingGrowth)); // 0.3 / 0.1 is a little less than 3
  const forAll = Math.min(pickingCeiling, n * pickingGrowth);
  if (n <= picking) return {pruned: forAll, kept: forAll};
  return {pruned: Math.min(ceiling, pickingCeiling + (n - picking) * growth), kept: -recovery};
}

/** Restores the choice: groups without a cost are kept; undefined before the choice. */
function chosenBefore(previous: ChoiceTime['previous']): Uint8Array[] | undefined {
  if (!previous?.some(coefficients => coefficients.some(value => value <= 0))) return undefined;
  return previous.map(coefficients => Uint8Array.from(coefficients, value => (value > 0 ? 0 : 1)));
}
