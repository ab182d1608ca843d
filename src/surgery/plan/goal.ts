import {count, percent} from '../../display/table.js';
import {roundHalfEven} from '../../math/round-half-even.js';
import {expectPositive} from '../../options/expect.js';
import type {InputShapes} from '../../report/input-shapes.js';
import {measureLatency} from '../../report/measure-latency.js';
import type {ModelSizes} from '../../report/model-sizes.js';
import {disposeWholly, type Model} from '../../tfjs-internals.js';
import type {ChannelPlan} from '../channel-plan.js';
import {NOTHING, type Removal} from '../cut/removal.js';
import {cutOut} from '../cut/shrink.js';
import type {LatencyOf} from './plan-options.js';

/** A target, as a test of what a removal achieves. */
export interface Goal {
  achieved(removal: Removal): number | Promise<number>;
  /** Whether no more needs to be removed. */
  isEnough(achieved: number): boolean;
  /** By how much the target is missed; undefined if it is met. */
  missed(achieved: number): string | undefined;
}

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
    missed: left =>
      left <= fraction ? undefined : `${percent(left)} of the ${what} left instead of ${percent(fraction)}`,
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

/** A fraction of the model's latency: makes the smaller model of each removal, and measures it beside the model. */
export function latencyGoal(
  fraction: number,
  model: Model,
  planAfter: (removal: Removal) => Pick<ChannelPlan, 'remove'>,
  {latencyOf, inputShapes}: {latencyOf: LatencyOf | undefined; inputShapes: InputShapes | undefined},
): Goal {
  return fractionGoal(fraction, 'latency is', async removal => {
    if (removal.units.size === 0) return 1; // two equal models would measure differently
    const {small} = cutOut(model, planAfter(removal));
    try {
      const [left, all] = latencyOf
        ? await askInTurn([small, model], latencyOf)
        : await mediansOf([small, model], inputShapes);
      return left! / all!;
    } finally {
      disposeWholly(small);
    }
  });
}

async function askInTurn(models: readonly Model[], latencyOf: LatencyOf): Promise<number[]> {
  const latencies: number[] = [];
  for (const model of models) latencies.push(expectPositive('latencyOf(model)', await latencyOf(model)));
  return latencies;
}

async function mediansOf(models: readonly Model[], inputShapes: InputShapes | undefined): Promise<number[]> {
  return (await measureLatency(models, {...(inputShapes && {inputShapes})})).map(({median}) => median);
}
