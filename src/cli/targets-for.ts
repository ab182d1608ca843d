import * as tf from '@tensorflow/tfjs-core';
import {slotNames, type Model} from '../tfjs-internals.js';
import {UsageError} from './exit-codes.js';

/**
 * Labels as a loss takes them: in the shapes of the outputs. Numbers of classes become one-hot vectors, unless the loss
 * takes numbers.
 *
 * @throws UsageError if they do not fit the outputs.
 */
export function targetsFor(model: Model, labels: readonly tf.Tensor[], loss?: string): tf.Tensor[] {
  const names = slotNames(model).outputNames;
  return labels.map((label, i) => targetFor(label, model.outputs[i]!.shape, names[i]!, loss));
}

function targetFor(label: tf.Tensor, shape: readonly (number | null)[], name: string, loss = ''): tf.Tensor {
  const classes = shape.at(-1) ?? 1;
  const hasShape = (expected: readonly (number | null)[]) =>
    label.rank === expected.length && expected.every((size, i) => i === 0 || size === null || size === label.shape[i]);
  const areNumbers = hasShape(shape.slice(0, -1)) || hasShape([...shape.slice(0, -1), 1]);
  if (hasShape(shape) || (areNumbers && loss.startsWith('sparse'))) return label;
  if (areNumbers) return classes > 1 ? oneHot(label, classes, name) : tf.expandDims(label, -1);
  const expected = ['examples', ...shape.slice(1).map(size => size ?? 'any')].join(', ');
  throw new UsageError(
    `Expected labels for "${name}" of the shape [${expected}], or the number of a class for each example, got ` +
      `[${label.shape.join(', ')}]`,
  );
}

function oneHot(label: tf.Tensor, classes: number, name: string): tf.Tensor {
  const numbers = label.dataSync();
  const wrong = numbers.find(value => !Number.isInteger(value) || value < 0 || value >= classes);
  if (wrong !== undefined) {
    throw new UsageError(`Expected labels for "${name}" to be classes from 0 to ${classes - 1}, got ${wrong}`);
  }
  const places = label.shape.at(-1) === 1 && label.rank > 1 ? label.shape.slice(0, -1) : label.shape;
  return tf.tidy(() => {
    const flat = tf.oneHot(tf.tensor1d(Int32Array.from(numbers), 'int32'), classes);
    return tf.reshape(tf.add(tf.cast(flat, 'float32'), 0), [...places, classes]);
  });
}
