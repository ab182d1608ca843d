import * as tf from '@tensorflow/tfjs-core';

/** Examples and their targets, one a row. */
export interface Examples {
  /** The inputs: a tensor, or a list of them in the order of the net's inputs. */
  readonly xs: tf.Tensor | tf.Tensor[];
  /** The targets. */
  readonly ys: tf.Tensor;
}

/** The shapes of one example. */
export function shapesOf({xs, ys}: Examples): {inputShape: number[]; inputShapes: number[][]; outputShape: number[]} {
  const inputShapes = [xs].flat().map(({shape}) => shape.slice(1));
  return {inputShape: inputShapes[0]!, inputShapes, outputShape: ys.shape.slice(1)};
}

/** How many examples there are. */
export function countOf({ys}: Examples): number {
  return ys.shape[0];
}

/** Other examples: what a function makes of each tensor. */
export function mapExamples({xs, ys}: Examples, rowsOf: (tensor: tf.Tensor) => tf.Tensor): Examples {
  return {xs: xs instanceof tf.Tensor ? rowsOf(xs) : xs.map(rowsOf), ys: rowsOf(ys)};
}
