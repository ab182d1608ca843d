import {expectPositive} from '../../options/expect.js';
import type {InputShapes} from '../../report/input-shapes.js';
import {measureLatency} from '../../report/measure-latency.js';
import {disposeWholly, type Model} from '../../tfjs-internals.js';
import type {ChannelPlan} from '../channel-plan.js';
import {fractionGoal, type Goal} from './plan-goal.js';
import type {LatencyOf} from './plan-options.js';
import {cutOut} from '../cut/shrink.js';
import type {Removed} from './removed.js';

/**
 * A fraction of the model's latency: each removal that is asked for is made, and measured side by side with the model.
 */
export function latencyGoal(
  fraction: number,
  model: Model,
  planAfter: (removed: Removed) => Pick<ChannelPlan, 'remove'>,
  {latencyOf, inputShapes}: {latencyOf: LatencyOf | undefined; inputShapes: InputShapes | undefined},
): Goal {
  return fractionGoal(fraction, 'latency is', async removed => {
    if (removed.units.length === 0) return 1; // whatever a clock would make of two models that are alike
    const {small} = cutOut(model, planAfter(removed));
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
