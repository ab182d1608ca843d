import {polynomialDecay} from '../../schedules/polynomial-decay.js';
import type {SparsitySchedule} from '../../schedules/sparsity-schedule.js';
import {expectSparsity, isPlainObject, received} from '../../src/options/expect.js';
import {expectTarget, isSchedule} from './fitted-target.js';

/** What is left of the whole model: exactly one of these. */
export interface CostTarget {
  /** The fraction of its multiply-adds that is left, in (0, 1). */
  readonly multiplyAdds?: number;
  /** The fraction of the parameters of its kernels that is left, in (0, 1). */
  readonly parameters?: number;
}

/**
 * What gates should reach: a sparsity of the gated weights, in [0, 1); the sparsity at each fraction of the fit; or the
 * fraction of the model's multiply-adds or parameters that is left.
 */
export type GateTarget = number | SparsitySchedule | CostTarget;

/** What a target limits. */
export type Quantity = 'weights' | 'multiplyAdds' | 'parameters';

/** A target of gates, as training follows it. */
export interface ReadTarget {
  readonly quantity: Quantity;
  /** The fraction that should be gone, at a fraction of the fit and of the training of the gates. */
  goneAt(ofFit: number, progress: number): number;
}

/** Where the ramp to a final value begins and ends, as fractions of the training of the gates. */
const RAMP = {beginStep: 0.05, endStep: 2 / 3, frequency: 0.01};

/** @throws TypeError or RangeError if it is no target. */
export function readTarget(name: string, target: GateTarget): ReadTarget {
  if (typeof target === 'number') return ramp('weights', expectSparsity(name, target));
  if (isSchedule(target)) {
    expectTarget(name, target);
    return {quantity: 'weights', goneAt: ofFit => expectSparsity('sparsityAt', target.sparsityAt(ofFit))};
  }
  const [quantity, left] = expectCost(name, target);
  return ramp(quantity, 1 - left);
}

function ramp(quantity: Quantity, gone: number): ReadTarget {
  const schedule = polynomialDecay({finalSparsity: gone, ...RAMP});
  return {quantity, goneAt: (_, progress) => schedule.sparsityAt(progress)};
}

function expectCost(name: string, target: CostTarget): [quantity: 'multiplyAdds' | 'parameters', left: number] {
  const entries = isPlainObject(target) ? Object.entries(target as Record<string, number>) : [];
  const [[quantity, left] = ['', NaN]] = entries;
  if (entries.length !== 1 || (quantity !== 'multiplyAdds' && quantity !== 'parameters')) {
    throw new TypeError(
      `Expected \`${name}\` to be a sparsity, a schedule, {multiplyAdds: left} or {parameters: left}, got ` +
        (entries.length > 0 ? `{${entries.map(([key]) => key).join(', ')}}` : received(target)),
    );
  }
  if (left > 0 && left < 1) return [quantity, left];
  throw new RangeError(
    `Expected \`${name}.${quantity}\` to be the fraction that is left, in (0, 1), got ${received(left)}`,
  );
}
