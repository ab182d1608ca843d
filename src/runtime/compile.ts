import {received} from '../options/expect.js';
import {integer, listOf, unchecked} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {built} from './built.js';
import type {CompiledModel, TensorMaker} from './compiled-model.js';
import {sourceOfModel, type LayersModelLike} from './source/layers-model.js';

const OPTIONS = {
  /** How many inputs `run` takes at once. Defaults to 1. */
  batch: integer({min: 1}, 1),
  /**
   * The shapes of the inputs without the batch, one for each, as `[[96, 96, 3]]`; needed where the model leaves sizes
   * open. Defaults to those of the model.
   */
  inputShapes: listOf<readonly number[], undefined>(expectShape, undefined),
  /** tf.js, for `predict`. */
  tf: unchecked<TensorMaker<unknown>>(),
};

/** Options of {@link compile}. */
export type CompileArgs<T = unknown> = Omit<Args<typeof OPTIONS>, 'tf'> & {tf?: TensorMaker<T>};

export async function compile<T = never>(model: LayersModelLike, args: CompileArgs<T> = {}): Promise<CompiledModel<T>> {
  const {batch, inputShapes, tf} = read('compile', args as Args<typeof OPTIONS>, OPTIONS);
  return built(await sourceOfModel(model), {batch, inputShapes, tf: tf as TensorMaker<T> | undefined});
}

function expectShape(name: string, shape: readonly number[]): readonly number[] {
  const isShape = Array.isArray(shape) && shape.every(size => Number.isSafeInteger(size) && size > 0);
  if (isShape) return shape;
  throw new TypeError(`Expected \`${name}\` to be a list of whole numbers > 0, got ${received(shape)}`);
}
