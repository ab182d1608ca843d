import type * as tfl from '@tensorflow/tfjs-layers';

type Params = tfl.Callback['params'];

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
