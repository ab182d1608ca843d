import * as tf from '@tensorflow/tfjs-core';
import type {Shape} from '@tensorflow/tfjs-layers';
import {listTensors, type Tensors} from '../../passes/batch.js';
import {lossFunctionsOf, slotNames, type Model} from '../../tfjs-internals.js';

/** Zeros of the shape of the labels of a compiled model for some inputs: one tensor, or one for each output. */
export function placeholderLabels(model: Model, xs: Tensors): tf.Tensor | tf.Tensor[] {
  const slots = slotNames(model).inputNames.map((name, i) => ({name, shapes: [model.inputs[i]!.shape]}));
  const shapes = tf.tidy(() => listTensors('the inputs', xs, slots).map(({shape}) => shape));
  const made = model.computeOutputShape(shapes.length === 1 ? shapes[0]! : shapes);
  const outputs = (Array.isArray(made[0]) ? made : [made]) as Shape[];
  const isSparse = takesIndices(model);
  const labels = outputs.map((shape, i) => tf.zeros((isSparse[i] ? [...shape.slice(0, -1), 1] : shape) as number[]));
  return labels.length === 1 ? labels[0]! : labels;
}

/** Which outputs have a loss whose labels are the indices of classes. */
function takesIndices(model: Model): boolean[] {
  const sparse = lossFunctionsOf(model, 'sparseCategoricalCrossentropy')!;
  return lossFunctionsOf(model)!.map((loss, i) => loss === sparse[i]);
}
