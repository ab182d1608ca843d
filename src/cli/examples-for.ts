import * as tf from '@tensorflow/tfjs-core';
import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import {slotNames, type Model} from '../tfjs-internals.js';
import {UsageError} from './exit-codes.js';
import {isOneArray, type FileArrays, type NumberArray} from './number-array.js';
import {readArrays} from './read-arrays.js';

/** The arguments that name examples. */
export const DATA = {data: {type: 'string'}, labels: {type: 'string'}} as const;

/** The argument that names examples by which weights are fitted. */
export const FITTED = {reconstruct: {type: 'string'}} as const;

/** Examples for a model. */
export interface ModelExamples {
  /** In the order of the model's inputs. */
  readonly xs: tf.Tensor[];
  /** In the order of its outputs, as they are in the file. */
  readonly ys?: tf.Tensor[];
}

const [INPUT_NAMES, LABEL_NAMES] = [
  ['x', 'xs'],
  ['y', 'ys', 'labels'],
];

/**
 * Reads the examples that the arguments name.
 *
 * One array is that of a model with one input or output. Of arrays with names, those called like the inputs and outputs
 * of the model are taken, or `x` and `y`.
 *
 * @throws UsageError if they do not fit the model.
 */
export async function examplesFor(model: Model, data: string, labels?: string): Promise<ModelExamples> {
  const given = await readArrays(data);
  const inputs = placesOf(model.inputs, slotNames(model).inputNames, INPUT_NAMES);
  const xs = inputs.map(place => arrayFor(place, given, data, inputs.length));
  inputs.forEach((place, i) => expectShape(place, xs[i]!, data));
  const targets = await labelsOf(model, given, data, labels);
  for (const {shape} of [...xs, ...(targets ?? [])]) expectCount(shape, xs[0]!.shape, data);
  const tensors = xs.map((array, i) => tensorOf(array, inputs[i]!.dtype));
  return {xs: tensors, ...(targets && {ys: targets.map(array => tensorOf(array, 'float32'))})};
}

async function labelsOf(model: Model, given: FileArrays, data: string, file: string | undefined) {
  const {inputNames, outputNames} = slotNames(model);
  const names = [...LABEL_NAMES, ...outputNames].filter(name => !inputNames.includes(name));
  const isInData = !isOneArray(given) && names.some(name => given.has(name));
  if (file === undefined && !isInData) return undefined;
  const places = placesOf(model.outputs, outputNames, LABEL_NAMES);
  const arrays = file === undefined ? given : await readArrays(file);
  return places.map(place => arrayFor(place, arrays, file ?? data, places.length));
}

/** What an array is for, and how it may be called. */
interface Place {
  readonly name: string;
  readonly names: readonly string[];
  readonly shape: readonly (number | null)[];
  readonly dtype: tf.DataType;
}

/** `x` and `y` are names only where they are clear. */
function placesOf(tensors: readonly SymbolicTensor[], names: readonly string[], usual: readonly string[]): Place[] {
  return tensors.map(({shape, dtype}, i) => {
    const name = names[i]!;
    return {name, names: tensors.length === 1 ? [name, ...usual] : [name], shape, dtype};
  });
}

function arrayFor({name, names}: Place, arrays: FileArrays, file: string, count: number): NumberArray {
  if (isOneArray(arrays)) {
    if (count === 1) return arrays;
    throw new UsageError(`Expected ${file} to hold ${count} arrays with names, one of them "${name}", got one array`);
  }
  const found = names.flatMap(each => arrays.get(each) ?? []);
  if (found.length === 1) return found[0]!;
  const wanted = names.map(each => `"${each}"`).join(' or ');
  throw new UsageError(`Expected ${file} to hold an array called ${wanted}, got ${[...arrays.keys()].join(', ')}`);
}

function expectShape({name, shape}: Place, array: NumberArray, file: string): void {
  const rest = shape.slice(1);
  const fits =
    array.shape.length === shape.length && rest.every((size, i) => (size ?? array.shape[i + 1]) === array.shape[i + 1]);
  if (fits) return;
  const expected = ['examples', ...rest.map(size => size ?? 'any')].join(', ');
  throw new UsageError(
    `Expected the array of ${file} for "${name}" to have the shape [${expected}], got [${array.shape.join(', ')}]`,
  );
}

function expectCount([count]: readonly number[], [expected]: readonly number[], file: string): void {
  if (count === expected && count !== undefined && count > 0) return;
  throw new UsageError(
    `Expected as many labels as examples in ${file}, at least one, got ${count ?? 0} and ${expected ?? 0}`,
  );
}

function tensorOf({shape, values}: NumberArray, dtype: tf.DataType): tf.Tensor {
  const wrong = values.find(value => !Number.isFinite(value));
  if (wrong !== undefined) throw new UsageError(`Expected data of finite numbers, got ${wrong}`);
  const typed = dtype === 'int32' ? Int32Array.from(values) : values;
  return tf.tensor(typed, [...shape], dtype === 'int32' ? 'int32' : 'float32');
}
