import {batchNormBehind} from '../layers/batch-norm-behind.js';
import {fieldsOf, type Layer, type LayerVariable} from '../tfjs-internals.js';

/** The variable that shifts the outputs of a layer by a constant each. */
export interface OutputConstant {
  /** The layer that holds it, and the field. */
  readonly layer: Layer;
  readonly field: 'bias' | 'movingMean';
  readonly variable: LayerVariable;
  /** 1 if it is added to the outputs, -1 if it is taken off. */
  readonly sign: 1 | -1;
}

/**
 * The bias of a layer; without one, the moving mean of the batch normalization that follows it alone and is not frozen.
 *
 * @param computes the layer that multiplies: `placed` itself, or the one inside.
 */
export function outputConstant(placed: Layer, computes: Layer): OutputConstant | undefined {
  const bias = fieldsOf(computes)['bias'] as LayerVariable | null | undefined;
  if (bias) return {layer: computes, field: 'bias', variable: bias, sign: 1};
  const norm = batchNormBehind(placed);
  if (!norm?.trainable) return undefined;
  const variable = fieldsOf(norm)['movingMean'] as LayerVariable;
  return {layer: norm, field: 'movingMean', variable, sign: -1};
}
