import pick from 'lodash/pick.js';
import type {MaskRuleArgs} from '../masks/mask-rule.js';
import {expectInteger, expectOptions, expectPositive, expectSparsity, received} from '../options/expect.js';
import {filters} from '../structures/filters.js';
import type {WeightLayout} from '../structures/structure.js';
import type {ChoiceTime, Penalty} from './penalty.js';
import {expectStrength} from './strength.js';
import {coefficientsOf, expectWeightRule, weightedDecay} from './weighted-decay.js';
import {masksToBe} from './masks-to-be.js';

/** Options of {@link growingRegularization}. */
export interface GrowingRegularizationArgs extends MaskRuleArgs {
  /** 1: what is to be pruned is chosen at once. 2: all are pushed first, and those that give way are chosen. */
  variant: 1 | 2;
  /** The fraction of groups that are to be pruned, in [0, 1). */
  sparsity: number;
  /** By how much the coefficient grows at a time, a number > 0. Defaults to 1e-4. */
  growth?: number;
  /** Every how many steps it grows, a whole number >= 1. Defaults to 5. */
  frequency?: number;
  /** What it grows to, a number > 0. Defaults to 1. */
  ceiling?: number;
  /** Of variant 2: by how much the coefficient of all grows at a time before the choice. Defaults to 1e-5. */
  pickingGrowth?: number;
  /** Of variant 2: what the coefficient of all grows to before the choice. Defaults to 0.01. */
  pickingCeiling?: number;
  /**
   * Of variant 2: how strongly what is kept is pushed away from zero after the choice, a number >= 0. Defaults to 1e-4.
   */
  recovery?: number;
}

const GROWTH = {growth: 1e-4, frequency: 5, ceiling: 1, pickingGrowth: 1e-5, pickingCeiling: 0.01, recovery: 1e-4};
const OPTIONS = ['variant', 'sparsity', 'criterion', 'structure', 'allocation', ...Object.keys(GROWTH)];

type Growth = typeof GROWTH;

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
  const {variant, sparsity, structure = filters(), ...rest} = expectOptions('growingRegularization', args, OPTIONS);
  if (![1, 2].includes(variant)) throw new RangeError(`Expected \`variant\` to be 1 or 2, got ${received(variant)}`);
  expectSparsity('sparsity', sparsity);
  const growth = expectGrowth({...GROWTH, ...pick(rest, Object.keys(GROWTH))});
  const rule = expectWeightRule('growingRegularization', {...pick(rest, ['criterion', 'allocation']), structure});
  const coefficientsAt = variant === 1 ? growingAtOnce : growingAfterPicking;
  return weightedDecay(async (weights, {step, previous}) => {
    const {pruned, kept} = coefficientsAt(Math.floor(step / growth.frequency) + 1, growth);
    if (pruned === kept) return weights.map(({layout}) => new Float32Array(sizeOf(layout)).fill(pruned));
    const masks = chosenBefore(previous) ?? (await masksToBe(weights, sparsity, rule));
    return masks.map(mask => coefficientsOf(mask, kept, pruned));
  }, growth.frequency);
}

function expectGrowth(growth: Growth): Growth {
  const {frequency, recovery, ...above0} = growth;
  expectInteger('frequency', frequency, {min: 1});
  expectStrength('recovery', recovery);
  for (const [name, value] of Object.entries(above0)) expectPositive(name, value);
  return growth;
}

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
  // in double precision 0.3 / 0.1 is a little less than 3, and other quotients are a little more
  const picking = Math.ceil(Math.fround(pickingCeiling / pickingGrowth));
  const forAll = Math.min(pickingCeiling, n * pickingGrowth);
  if (n <= picking) return {pruned: forAll, kept: forAll};
  return {pruned: Math.min(ceiling, pickingCeiling + (n - picking) * growth), kept: -recovery};
}

/** Restores the choice: groups without a cost are kept; undefined before the choice. */
function chosenBefore(previous: ChoiceTime['previous']): Uint8Array[] | undefined {
  if (!previous?.some(coefficients => coefficients.some(value => value <= 0))) return undefined;
  return previous.map(coefficients => Uint8Array.from(coefficients, value => (value > 0 ? 0 : 1)));
}

function sizeOf({shape}: WeightLayout): number {
  return shape.reduce((product, size) => product * size, 1);
}
