import max from 'lodash/max.js';
import {count, percentsApart} from '../../display/table.js';
import {roundHalfEven} from '../../math/round-half-even.js';
import {expectPositive} from '../../options/expect.js';
import type {InputShapes} from '../../report/input-shapes.js';
import {medianLatencies} from '../../report/measure-latency.js';
import type {ModelSizes} from '../../report/model-sizes.js';
import {disposeWholly, type Model} from '../../tfjs-internals.js';
import type {ChannelPlan} from '../channel-plan.js';
import {NOTHING, type Removal} from '../cut/removal.js';
import {cutOut} from '../cut/shrink.js';
import type {LatencyOf} from './plan-options.js';

/**
 * A target, as a test of what a removal achieves.
 *
 * @typeParam T what is achieved: a number, or one for each of several targets.
 */
export interface Goal<T = number> {
  achieved(removal: Removal): T | Promise<T>;
  /** Whether no more needs to be removed. */
  isEnough(achieved: T): boolean;
  /** What is left, relative to the target: it falls as more is removed, and is at most 1 if that is enough. */
  load(achieved: T): number;
  /** By how much the target is missed; undefined if it is met. */
  missed(achieved: T): string | undefined;
  /** How often the search may halve what is still in question. Defaults to as often as it takes. */
  readonly mostHalvings?: number;
}

/** Several targets together: enough is what is enough for each. */
export function allOf(goals: readonly Goal[]): Goal<readonly number[]> {
  const halvings = goals.flatMap(({mostHalvings}) => mostHalvings ?? []);
  return {
    achieved: async removal => {
      const achieved: number[] = [];
      for (const goal of goals) achieved.push(await goal.achieved(removal));
      return achieved;
    },
    isEnough: achieved => goals.every((goal, i) => goal.isEnough(achieved[i]!)),
    load: achieved => max(goals.map((goal, i) => goal.load(achieved[i]!)))!,
    missed: achieved => {
      const missed = goals.flatMap((goal, i) => goal.missed(achieved[i]!) ?? []);
      return missed.length > 0 ? missed.join(' and ') : undefined;
    },
    ...(halvings.length > 0 && {mostHalvings: Math.min(...halvings)}),
  };
}

/** Halvings of the search for a latency: each measures a model, and the last leaves 1/128 of all in question. */
export const LATENCY_HALVINGS = 7;

/**
 * A fraction of some units is removed: at least `round(n * sparsity)` of them, halves to even.
 *
 * @param unscored how many more units were asked for that nothing scores; no others are removed in their place.
 */
export function sparsityGoal(sparsity: number, unitCount: number, unscored: number): Goal {
  const [wanted, asked] = [unitCount, unitCount + unscored].map(units => roundHalfEven(units * sparsity)) as [
    number,
    number,
  ];
  const isPossible = unitCount > 0 || sparsity === 0;
  return {
    achieved: ({units}) => units.size,
    isEnough: removed => removed >= wanted && isPossible,
    load: removed => (isPossible ? 1 + (wanted - removed) / Math.max(1, unitCount) : Infinity),
    missed: removed => {
      if (removed >= asked && isPossible) return undefined;
      return `${count(asked - removed)} of the ${count(asked)} channels that were to be removed are kept`;
    },
  };
}

/** At most a fraction of a quantity is left. `what` names the quantity in messages, with its verb. */
function fractionGoal(fraction: number, what: string, leftAfter: (removal: Removal) => number | Promise<number>): Goal {
  return {
    achieved: leftAfter,
    isEnough: left => left <= fraction,
    load: left => left / fraction,
    missed: left => {
      if (left <= fraction) return undefined;
      const [got, wanted] = percentsApart(left, fraction);
      return `${got} of the ${what} left instead of ${wanted}`;
    },
  };
}

/**
 * A fraction of the model's parameters or multiply-adds.
 *
 * @throws RangeError if they can't be counted.
 */
export function sizeGoal(
  fraction: number,
  size: 'parameters' | 'multiplyAdds',
  sizesAfter: (removal: Removal) => ModelSizes,
): Goal {
  const before = sizesAfter(NOTHING)[size];
  if (before === null) {
    throw new RangeError(
      'Expected a model whose multiply-adds are known, but the size of an input is not fixed, and they do not all ' +
        'grow in proportion to it; give `inputShapes`, such as [[224, 224, 3]], or another target',
    );
  }
  const what = size === 'parameters' ? 'parameters are' : 'multiply-adds are';
  return fractionGoal(fraction, what, removal => sizesAfter(removal)[size]! / before);
}

/**
 * A fraction of the peak memory of the maps between layers.
 *
 * @throws RangeError if it can't be counted.
 */
export function peakGoal(fraction: number, peakAfter: (removal: Removal) => number): Goal {
  const before = peakAfter(NOTHING);
  if (!Number.isFinite(before)) {
    throw new RangeError(
      'Expected a model whose peak memory is known, but the size of an input is not fixed; give `inputShapes`, such ' +
        'as [[224, 224, 3]], or another target',
    );
  }
  return fractionGoal(fraction, 'peak memory is', removal => peakAfter(removal) / before);
}

/** A fraction of the model's latency: makes the smaller model of each removal, and measures it beside the model. */
export function latencyGoal(
  fraction: number,
  model: Model,
  planAfter: (removal: Removal) => Pick<ChannelPlan, 'remove'>,
  {latencyOf, inputShapes, pause}: Measuring,
): Goal {
  const leftAfter = async (removal: Removal) => {
    if (removal.units.size === 0) return 1; // two equal models would measure differently
    const {small} = cutOut(model, planAfter(removal));
    try {
      await pause();
      const [left, all] = latencyOf
        ? await askInTurn([small, model], latencyOf, pause)
        : await medianLatencies([small, model], inputShapes, pause);
      return left! / all!;
    } finally {
      disposeWholly(small);
    }
  };
  return {...fractionGoal(fraction, 'latency is', leftAfter), mostHalvings: LATENCY_HALVINGS};
}

/** How latencies are measured. */
interface Measuring {
  readonly latencyOf: LatencyOf | undefined;
  readonly inputShapes: InputShapes | undefined;
  /** Is awaited after each run of a model. */
  readonly pause: () => Promise<void>;
}

async function askInTurn(
  models: readonly Model[],
  latencyOf: LatencyOf,
  pause: () => Promise<void>,
): Promise<number[]> {
  const latencies: number[] = [];
  for (const model of models) {
    latencies.push(expectPositive('latencyOf(model)', await latencyOf(model)));
    await pause();
  }
  return latencies;
}
