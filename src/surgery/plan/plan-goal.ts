import {roundHalfEven} from '../../math/round-half-even.js';
import {count, percent} from '../../report/table.js';
import type {ModelSizes} from './channel-plan.js';

/** A target, as a test of what the removal of some units achieves. */
export interface Goal {
  achieved(units: readonly number[]): number | Promise<number>;
  isEnough(achieved: number): boolean;
  /** By how much it is missed. */
  missed(achieved: number): string;
}

/** A fraction of some units goes: at least `round(n * sparsity)` of them, halves to even. */
export function sparsityGoal(sparsity: number, unitCount: number): Goal {
  const wanted = roundHalfEven(unitCount * sparsity);
  return {
    achieved: units => units.length,
    isEnough: removed => removed >= wanted && (unitCount > 0 || sparsity === 0),
    missed: removed => `${count(wanted - removed)} of the ${count(wanted)} channels that were to go stay`,
  };
}

/** At most a fraction is left of what is measured: `what` names it in messages. */
export function fractionGoal(
  fraction: number,
  what: string,
  leftAfter: (units: readonly number[]) => number | Promise<number>,
): Goal {
  return {
    achieved: leftAfter,
    isEnough: left => left <= fraction,
    missed: left => `${percent(left)} of the ${what} are left instead of ${percent(fraction)}`,
  };
}

/**
 * A fraction of the model's parameters or multiply-adds.
 *
 * @throws RangeError where they can't be counted.
 */
export function sizeGoal(
  fraction: number,
  size: 'parameters' | 'multiplyAdds',
  sizesAfter: (units: readonly number[]) => ModelSizes,
): Goal {
  const before = sizesAfter([])[size];
  if (before === null) {
    throw new RangeError(
      'Expected a model whose multiply-adds are known, but the size of an input is not fixed; give it one, or another target',
    );
  }
  const what = size === 'parameters' ? size : 'multiply-adds';
  return fractionGoal(fraction, what, units => sizesAfter(units)[size]! / before);
}
