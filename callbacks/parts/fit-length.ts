import type * as tfl from '@tensorflow/tfjs-layers';
import {integer} from '../../src/options/option.js';
import {expectAbsent} from '../../src/options/read.js';
import type {Args} from '../../src/options/table.js';

type Params = tfl.Callback['params'];

/** Options that say how long a training is if its first fit does not. */
export const FIT_LENGTH = {
  /**
   * The epochs of the training, at least 1; for a training in several short fits. Only with `stepUnit: 'fit'` or
   * `sparsity` alone. Defaults to the `epochs` of the first fit.
   */
  epochs: integer({min: 1}, undefined),
  /**
   * The batches of an epoch, at least 1; for a dataset of unknown length, whose steps are epochs otherwise. Only with
   * `stepUnit: 'fit'` or `sparsity` alone. Defaults to what tf.js knows.
   */
  batchesPerEpoch: integer({min: 1}, undefined),
};

/** Expects neither `epochs` nor `batchesPerEpoch`: the schedule does not depend on the length of the training. */
export function expectNoLength(owner: string, args: Args<typeof FIT_LENGTH>): void {
  expectAbsent(owner, args, ['epochs', 'batchesPerEpoch'], "without `sparsity` alone or `stepUnit: 'fit'`");
}

/** The length of a training, in the unit in which its steps are counted. */
export interface FitLength {
  readonly unit: 'batch' | 'epoch';
  /** All steps of the training, from the start of epoch 0. */
  readonly steps: number;
  /** The steps that the fit skips: those before its `initialEpoch`. */
  readonly before: number;
}

/**
 * The length of a training that begins with a fit.
 *
 * @param unit what a step must count; undefined allows either.
 * @throws RangeError if the length is unknown, or the fit begins after the end of the training.
 */
export async function lengthOfFit(
  owner: string,
  params: Params,
  {epochs: given, batchesPerEpoch: batches = batchesPerEpoch(params)}: Args<typeof FIT_LENGTH>,
  unit: 'batch' | 'epoch' | undefined,
): Promise<FitLength> {
  const {epochs: planned, initialEpoch, passedOver} = params as Record<string, number | null>;
  const epochs = given ?? planned ?? NaN;
  const first = initialEpoch ?? 0;
  if (first < epochs) {
    if (unit === 'epoch') return {unit, steps: epochs, before: first};
    if (!Number.isNaN(batches))
      return {unit: 'batch', steps: epochs * batches, before: first * batches + (passedOver ?? 0)};
    if (unit === undefined && epochs > 1) return {unit: 'epoch', steps: epochs, before: first};
  }
  const {withoutLength} = await import('./without-length.js');
  throw withoutLength(owner, epochs, first, unit);
}

/** The batches of an epoch, by the parameters of a fit; NaN for a dataset of unknown length. */
export function batchesPerEpoch(params: Params): number {
  const {steps, samples, batchSize} = params as Record<string, number | null>;
  return steps ?? Math.ceil((samples ?? NaN) / (batchSize ?? NaN));
}

/** The steps that a fit will make, if tf.js tells; undefined for a dataset of unknown length. */
export function plannedSteps(params: Params, unit: 'batch' | 'epoch'): number | undefined {
  const {epochs, initialEpoch, passedOver} = params as Record<string, number | null>;
  const epochCount = (epochs ?? NaN) - (initialEpoch ?? 0);
  const planned = unit === 'epoch' ? epochCount : epochCount * batchesPerEpoch(params) - (passedOver ?? 0);
  return Number.isNaN(planned) ? undefined : planned;
}
