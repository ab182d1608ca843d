import type * as tf from '@tensorflow/tfjs-core';
import type {LongWork} from '../../display/long-work.js';
import {reportBatches} from '../../passes/batch-steps.js';
import type {DataArgs} from '../../passes/data.js';
import {eachBatch} from '../../passes/each-batch.js';
import {interceptCalls} from '../../passes/intercept-calls.js';
import type {Model} from '../../tfjs-internals.js';
import type {ChannelConsumer} from './channel-consumers.js';
import {ContributionSums} from './contribution-sums.js';
import {lastLambdas} from './last-lambdas.js';

/** What units are scored by. */
export interface ScoreUnitsArgs extends DataArgs {
  readonly model: Model;
  readonly consumers: readonly ChannelConsumer[];
  readonly work: LongWork;
  /** How many batches there are, if that is known. */
  readonly batches: number;
}

/**
 * The score of each unit: the mean over the weights that take it in.
 *
 * @throws Error if what a layer gets is not finite.
 */
export async function scoreUnits(args: ScoreUnitsArgs): Promise<ReadonlyMap<number, number>> {
  const {model, data, batchSize, work, batches} = args;
  const sums = args.consumers.map(consumer => new ContributionSums(consumer));
  const report = reportBatches(work, batches);
  const pass = ({xs}: {readonly xs: tf.Tensor[]}) => noting(sums, () => model.call(xs, {training: false}));
  const scores = new Map<number, number[]>();
  try {
    await eachBatch(model, {data, batchSize}, pass, [], async count => {
      for (const each of sums) await each.add();
      await report(count);
    });
    for (const [i, each] of sums.entries()) {
      const {weight, units} = each.consumer;
      const lambdas = await lastLambdas(expectFinite(weight, await each.gram()), () => work.pause());
      units.forEach((unit, channel) => scores.set(unit, [...(scores.get(unit) ?? []), lambdas[channel]!]));
      await work.reach(batches + i + 1, weight.name);
    }
  } finally {
    for (const each of sums) each.dispose();
  }
  return new Map([...scores].map(([unit, own]) => [unit, mean(own)]));
}

/** Runs a pass, and notes the inputs of all calls of the layers that take channels in. */
function noting(sums: readonly ContributionSums[], pass: () => void): void {
  const stops = sums.map(each =>
    interceptCalls(each.consumer.weight.computes, (input, callAsItIs) => {
      each.note(input);
      return callAsItIs();
    }),
  );
  try {
    pass();
  } finally {
    stops.reverse().forEach(stop => stop());
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function expectFinite({path}: ChannelConsumer['weight'], gram: Float64Array): Float64Array {
  if (gram.every(Number.isFinite)) return gram;
  throw new Error(
    `Expected finite inputs of layer "${path}", got NaN or infinity; check the data, and the weights of the model`,
  );
}
