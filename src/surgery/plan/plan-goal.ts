import {roundHalfEven} from '../../math/round-half-even.js';
import {count, percent} from '../../display/table.js';
import type {ModelSizes} from '../channel-plan.js';
import {NOTHING, type Removed} from './removed.js';

/** A target, as a test of what a removal achieves. */
export interface Goal {
  achieved(removed: Removed): number | Promise<number>;
  /** Whether no more is to go. */
  isEnough(achieved: number): boolean;
  /** By how much what was asked for is missed; undefined where it is not. */
  missed(achieved: number): string | undefined;
}

/**
 * A fraction of some units goes: at least `round(n * sparsity)` of them, halves to even.
 *
 * @param unscored how many more units it was asked of that nobody can rank: the others do not go in their place.
 */
export function sparsityGoal(sparsity: number, unitCount: number, unscored: number): Goal {
  const [wanted, asked] = [unitCount, unitCount + unscored].map(units => roundHalfEven(units * sparsity)) as [
    number,
    number,
  ];
  const isMet = (removed: number) => removed >= asked && (unitCount > 0 || sparsity === 0);
  return {
    achieved: ({units}) => units.length,
    isEnough: removed => removed >= wanted && (unitCount > 0 || sparsity === 0),
    missed: removed =>
      isMet(removed) ? undefined : `${count(asked - removed)} of the ${count(asked)} channels that were to go stay`,
  };
}

/** At most a fraction is left of what is measured: `what` names it in messages, with its verb. */
export function fractionGoal(
  fraction: number,
  what: string,
  leftAfter: (removed: Removed) => number | Promise<number>,
): Goal {
  return {
    achieved: leftAfter,
    isEnough: left => left <= fraction,
    missed: left =>
      left <= fraction ? undefined : `${percent(left)} of the ${what} left instead of ${percent(fraction)}`,
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
  sizesAfter: (removed: Removed) => ModelSizes,
): Goal {
  const before = sizesAfter(NOTHING)[size];
  if (before === null) {
    throw new RangeError(
      'Expected a model whose multiply-adds are known, but the size of an input is not fixed, and they do not all grow alike with it; ' +
        'give `inputShapes`, such as [[224, 224, 3]], or another target',
    );
  }
  const what = size === 'parameters' ? 'parameters are' : 'multiply-adds are';
  return fractionGoal(fraction, what, removed => sizesAfter(removed)[size]! / before);
}
