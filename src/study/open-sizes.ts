import type {InputShapes} from '../report/input-shapes.js';
import type {Model} from '../tfjs-internals.js';
import {shapesOf, type Examples} from './examples.js';

/** The sizes of the examples, if the model leaves sizes of its inputs open; else undefined. */
export function openSizes(model: Model, examples: Examples): InputShapes | undefined {
  const isOpen = model.inputs.some(({shape}) => shape.slice(1).includes(null));
  return isOpen ? shapesOf(examples).inputShapes : undefined;
}
