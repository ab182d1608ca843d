import {expectPositive} from '../math/expect.js';
import type {Model} from '../tfjs-internals.js';
import type {ChannelPlan} from './channel-plan.js';
import {fractionGoal, type Goal} from './plan-goal.js';
import type {LatencyOf} from './plan-options.js';
import {shrink} from './shrink.js';

/** A fraction of the model's latency: each removal that is asked for is made, and measured side by side with the model. */
export function latencyGoal(
  fraction: number,
  model: Model,
  planAfter: (units: readonly number[]) => Pick<ChannelPlan, 'remove'>,
  latencyOf: LatencyOf,
): Goal {
  return fractionGoal(fraction, 'latency', async units => {
    const small = shrink(model, planAfter(units));
    try {
      return (await measure(small, latencyOf)) / (await measure(model, latencyOf));
    } finally {
      small.dispose();
    }
  });
}

async function measure(model: Model, latencyOf: LatencyOf): Promise<number> {
  return expectPositive('latencyOf(model)', await latencyOf(model));
}
