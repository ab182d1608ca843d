import * as tf from '@tensorflow/tfjs-core';
import {cardOf} from './cards/card-of.js';
import {layersWithin} from './inner-layers.js';
import {fieldsOf, viewOf, type Layer, type LayerVariable, type Model} from '../tfjs-internals.js';

/**
 * Runs an action in which batch normalizations without a scale have one of ones, and those without a shift one of
 * zeros: the same outputs. tf.js can't differentiate them otherwise: https://github.com/tensorflow/tfjs/issues/2868
 */
export function withWholeNorms<T>(model: Model, action: () => T): T {
  const undo = layersWithin(model)
    .filter(layer => cardOf(layer).isBatchNorm)
    .flatMap(layer => [filled(layer, 'gamma', 'scale', tf.onesLike), filled(layer, 'beta', 'center', tf.zerosLike)]);
  try {
    return action();
  } finally {
    undo.forEach(putBack => putBack());
  }
}

function filled(layer: Layer, field: string, flag: string, make: (like: tf.Tensor) => tf.Tensor): () => void {
  const fields = fieldsOf(layer);
  const {[field]: variable, [flag]: has} = fields;
  if (has === true) return () => undefined;
  const mean = fields['movingMean'] as LayerVariable;
  Object.assign(fields, {[field]: viewOf(mean, () => make(mean.read())), [flag]: true});
  return () => Object.assign(fields, {[field]: variable, [flag]: has});
}
