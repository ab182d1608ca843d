import * as tf from '@tensorflow/tfjs-core';
import {isPlainObject, received} from '../options/expect.js';
import type {WeightCriterion} from './criterion.js';

/**
 * Scores that you compute yourself: a tensor for each weight, by the weight's name. The tensors stay yours and must
 * live as long as they are used for updates.
 *
 *     score(w) = tensors[name][w]
 *
 * @param tensors by names such as `conv1/kernel`, each of the weight's shape. An axis along which all weights score the
 *     same may have size 1: [1, 1, 1, filters] for one score a filter. Other entries are ignored.
 * @throws TypeError if one is not a tensor; RangeError, at an update, if one is missing, was disposed, or differs in
 *     shape from its weight.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.5, criterion: scores({'dense/kernel': importance}), layers: 'dense'});
 */
export function scores(tensors: Readonly<Record<string, tf.Tensor>>): WeightCriterion {
  if (!isPlainObject(tensors)) {
    throw new TypeError(`scores expects an object with a tensor for each weight's name, got ${received(tensors)}`);
  }
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor instanceof tf.Tensor) continue;
    throw new TypeError(`scores expects a tensor for "${name}", got ${received(tensor)}`);
  }
  return {score: (_weight, {layout: {name, shape}}) => tensorFor(name, shape, tensors)};
}

function tensorFor(name: string, shape: readonly number[], tensors: Readonly<Record<string, tf.Tensor>>): tf.Tensor {
  const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  if (tensor && !tensor.isDisposed && spans(tensor.shape, shape)) return tf.broadcastTo(tensor, [...shape]);
  const expected = `Expected \`scores\` to hold a tensor of shape [${shape.join()}] for "${name}"`;
  if (tensor)
    throw new RangeError(
      `${expected}, got ${tensor.isDisposed ? 'one that was disposed' : `[${tensor.shape.join()}]`}`,
    );
  throw new RangeError(
    `${expected}, but there ${plural(Object.keys(tensors))}; add it, or leave the weight out by \`layers\`, or by ` +
      "`members: 'producers'` if it only takes channels in",
  );
}

function spans(own: readonly number[], shape: readonly number[]): boolean {
  return own.length === shape.length && own.every((size, axis) => size === shape[axis] || size === 1);
}

function plural(names: readonly string[]): string {
  const list = names.map(name => `"${name}"`).join(', ');
  return names.length === 0 ? 'is none' : `${names.length === 1 ? 'is' : 'are'} only ${list}`;
}
