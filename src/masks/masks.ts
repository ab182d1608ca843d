import * as tf from '@tensorflow/tfjs-core';
import {wrappedLayers} from '../layers/chosen-layers.js';
import {notAMask} from '../parametrizations/mask-values.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {expectModel} from '../layers/model-layers.js';
import {isPlainObject, received} from '../options/expect.js';
import {boolean} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {countOf} from '../math/count-of.js';
import type {Model} from '../tfjs-internals.js';
import {placedWeights} from './placed-weights.js';
import {valuesOf} from './zero-count.js';

/**
 * Masks by the names of their weights, such as `conv1/kernel`, in a nested model `base/conv1/kernel`: 1 = kept, 0 =
 * pruned.
 */
export type Masks = Record<string, tf.Tensor>;

const OPTIONS = {
  /** Whether kernels keep the values of masked weights, for `restoreDense`. Defaults to false: they become zero. */
  keepDense: boolean(false),
};

/** Options of {@link applyMasks}. */
export type ApplyMasksArgs = Args<typeof OPTIONS>;

/**
 * The masks of a wrapped model, by the names of their weights. The tensors are yours: dispose them.
 *
 * @throws TypeError if the model has no wrapped layer, RangeError if a mask holds anything but 0 and 1.
 *
 * @example
 * const masks = await readMasks(teacher);
 * await applyMasks(student, masks); // the same sparse architecture
 * tf.dispose(masks);
 */
export async function readMasks(model: Model): Promise<Masks> {
  const weights = weightsByName('readMasks', model);
  for (const weight of weights.values()) await weight.maskValues();
  return Object.fromEntries([...weights].map(([name, {mask}]) => [name, tf.clone(mask.read())]));
}

/**
 * Sets the masks of a wrapped model, made by hand or read from another model. Each replaces the current mask of its
 * weight; other weights keep theirs. Kernels become zero where the masks are zero. Weights that a mask gives back have
 * their value in the kernel: zero, unless `keepDense` kept it. Biases do not change.
 *
 * All or nothing: if it throws, masks and weights are unchanged. The tensors stay yours.
 *
 * @param masks tensors of the weights' shapes, of any dtype, with only 0 and 1 in them, and at least one 1.
 * @throws TypeError or RangeError if the model has no wrapped layer, a name is unknown, or a mask is wrong.
 *
 * @example
 * await applyMasks(model, {'dense/kernel': tf.tensor2d([[1, 0], [0, 1]])});
 */
export async function applyMasks(model: Model, masks: Masks, args: ApplyMasksArgs = {}): Promise<void> {
  const weights = weightsByName('applyMasks', model);
  const {keepDense} = read('applyMasks', args, OPTIONS);
  const given: {weight: MaskedWeight; mask: tf.Tensor; isDense: boolean}[] = [];
  for (const [name, mask] of Object.entries(expectMasks(masks))) {
    const weight = expectWeight(name, weights);
    given.push({weight, mask, isDense: await expectMask(weight, mask)});
  }
  tf.tidy(() => {
    // Adding 0 copies: a cast may share the data of the caller's tensor.
    const values = given.map(({mask}) => tf.add(tf.cast(mask, 'float32'), 0));
    const kernels = given.map(({weight}, i) => (keepDense ? undefined : tf.mul(weight.kernel.read(), values[i]!)));
    given.forEach(({weight, isDense}, i) => weight.setMask(values[i]!, {isDense, maskedKernel: kernels[i]}));
  });
}

function weightsByName(owner: string, model: Model): Map<string, MaskedWeight> {
  const layers = wrappedLayers(owner, expectModel(owner, model));
  return new Map(placedWeights(model, layers).map(({name, weight}) => [name, weight]));
}

function expectMasks(masks: Masks): Masks {
  if (isPlainObject(masks)) return masks;
  throw new TypeError(`applyMasks expects an object with a mask for each weight's name, got ${received(masks)}`);
}

function expectWeight(name: string, weights: ReadonlyMap<string, MaskedWeight>): MaskedWeight {
  const weight = weights.get(name);
  if (weight) return weight;
  const names = [...weights.keys()].map(known => `"${known}"`).join(', ');
  throw new RangeError(`Expected masks for weights of the model, got one for "${name}"; there are ${names}`);
}

/** Checks a mask. @returns whether it is all ones. */
async function expectMask({name, layout: {shape}}: MaskedWeight, mask: tf.Tensor): Promise<boolean> {
  if (!(mask instanceof tf.Tensor))
    throw new TypeError(`Expected the mask of "${name}" to be a tensor, got ${received(mask)}`);
  if (!tf.util.arraysEqual(mask.shape, [...shape])) {
    throw new RangeError(`Expected the mask of "${name}" to be of shape [${shape.join()}], got [${mask.shape.join()}]`);
  }
  const values = await valuesOf(mask);
  const ones = countOf(values, 1);
  const wrong = values.findIndex(value => value !== 0 && value !== 1);
  if (wrong >= 0) throw notAMask(name, values[wrong]!, wrong, 'use 1 for kept and 0 for pruned');
  if (ones === 0) throw new RangeError(`Expected the mask of "${name}" to keep something, but all of it is 0`);
  return ones === values.length;
}
