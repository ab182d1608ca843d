import type {Tensor} from '@tensorflow/tfjs-core';
import type {InputShapes} from '../report/input-shapes.js';
import type {Model} from '../tfjs-internals.js';

/** The sizes of the examples, if the model leaves sizes of its input open; else undefined. */
export function openSizes(model: Model, xs: Tensor): InputShapes | undefined {
  const isOpen = model.inputs.some(({shape}) => shape.slice(1).includes(null));
  return isOpen ? [xs.shape.slice(1)] : undefined;
}
