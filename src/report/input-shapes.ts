import type {Shape} from '@tensorflow/tfjs-layers';
import {isList, received} from '../options/expect.js';
import {unchecked, type Option} from '../options/option.js';
import type {Model} from '../tfjs-internals.js';

/** The sizes of a model's inputs without the batch, one list for each. */
export type InputShapes = readonly (readonly number[])[];

/** An option for sizes; {@link expectInputShapes} checks them against the model. */
export function inputShapes(): Option<InputShapes, undefined> {
  return unchecked();
}

/**
 * The sizes of a model's inputs: the given ones, or else its own.
 *
 * @throws RangeError if they do not fit the model, or leave a size open.
 */
export function expectInputShapes(model: Model, given: InputShapes | undefined): InputShapes {
  const own = model.inputs.map(({shape}) => shape.slice(1));
  const shapes = given === undefined ? own : given;
  const fit = isList(shapes) && shapes.length === own.length && own.every((shape, i) => fits(shapes[i]!, shape));
  if (fit) return shapes as number[][];
  throw new RangeError(
    `Expected \`inputShapes\` to hold sizes for the inputs of model "${model.name}", which are ${shown(own)} without ` +
      `the batch, got ${given === undefined ? 'none' : shown(given)}`,
  );
}

/** The same with the batch first; undefined if none are given. */
export function withBatch(shapes: InputShapes | undefined): Shape[] | undefined {
  return shapes?.map(sizes => [null, ...sizes]);
}

function fits(sizes: Shape | readonly number[], shape: Shape): boolean {
  if (!isList(sizes) || sizes.length !== shape.length) return false;
  return sizes.every((size, axis) => Number.isSafeInteger(size) && size! > 0 && size === (shape[axis] ?? size));
}

function shown(shapes: InputShapes | readonly Shape[]): string {
  if (!isList(shapes)) return received(shapes);
  const each = [...shapes].map(shape => (isList(shape) ? `[${[...shape].map(shownSize).join()}]` : received(shape)));
  return `[${each.join()}]`;
}

function shownSize(size: unknown): string {
  if (size === null) return 'any';
  return typeof size === 'number' ? String(size) : received(size);
}
