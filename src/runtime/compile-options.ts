import {expectMethods, isList, received} from '../options/expect.js';
import {integer, listOf, needs, number, oneOf, option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import type {InputNumbers, TensorMaker} from './compiled-model.js';
import {DEFAULTS} from './defaults.js';

export const OPTIONS = {
  /** How many inputs `run` takes at once. Defaults to 1. */
  batch: integer({min: 1}, DEFAULTS.batch),
  /**
   * The shapes of the inputs without the batch, one for each, as `[[96, 96, 3]]`, where the model leaves sizes open.
   * Without them, it is compiled for each size when that comes: by `predict` or `forShapes`.
   */
  inputShapes: listOf<readonly number[], undefined>(expectShape, undefined),
  /** For how many sizes programs are kept, where the model leaves some open. Defaults to 8. */
  keptSizes: integer({min: 1}, DEFAULTS.keptSizes),
  /**
   * What it computes with: 'float32', or 'int8', bytes of weights and of what flows between layers, which needs
   * `calibration`. Defaults to 'float32'.
   */
  precision: oneOf(['float32', 'int8'], DEFAULTS.precision),
  /**
   * Examples by which int8 is scaled, a few hundred of those that the model will meet: their numbers one behind the
   * other, as of `run`; a list of such arrays for a model of several inputs.
   */
  calibration: option<InputNumbers | readonly InputNumbers[], undefined>(expectNumbers, undefined),
  /**
   * How much of what the calibration gives is scaled, in percent of the positive and of the negative numbers of each
   * value; what is beyond is cut off. Below 100, outliers do not make the scale coarse: 99.9 is a good first try.
   * Defaults to 100.
   */
  percentile: needs(
    'calibration',
    'it says how much of that counts',
    number({min: 50, max: 100, includeMax: true}, 100),
  ),
  /** tf.js, for `predict` and for layers that the runtime does not know: the copy that made the model. */
  tf: option<TensorMaker<unknown>, undefined>((name, tf) => expectMethods(name, tf, ['tensor']), undefined),
};

/** The options of `compile`, checked. */
export type CompileOptions = Partial<Values<typeof OPTIONS>> & Pick<Values<typeof OPTIONS>, 'batch' | 'keptSizes'>;

/** Checks the options of `compile`. Pages that use none do without. */
export function readCompileOptions(args: Args<typeof OPTIONS>): CompileOptions {
  const options = read('compile', args, OPTIONS);
  expectBoth(options.precision, options.calibration);
  return options;
}

function expectNumbers(name: string, numbers: InputNumbers | readonly InputNumbers[]) {
  const isNumbers = [numbers].flat().every(part => ArrayBuffer.isView(part));
  if (isNumbers) return numbers;
  throw new TypeError(`Expected \`${name}\` to be a typed array, or a list of them, got ${received(numbers)}`);
}

function expectBoth(precision: string, calibration: unknown): void {
  if (precision === 'int8' && !calibration) {
    throw new TypeError("compile expects `calibration`, examples of the input, for `precision: 'int8'`, got none");
  }
  if (precision !== 'int8' && calibration) {
    throw new TypeError(`compile takes \`calibration\` for \`precision: 'int8'\`, got '${precision}'`);
  }
}

function expectShape(name: string, shape: readonly number[]): readonly number[] {
  const isShape = isList(shape) && shape.every(size => Number.isSafeInteger(size) && size > 0);
  if (isShape) return shape;
  throw new TypeError(`Expected \`${name}\` to be a list of whole numbers > 0, got ${received(shape)}`);
}
