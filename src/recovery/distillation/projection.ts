import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {untaped} from '../../gates/untaped.js';
import {assign, type LayerVariable} from '../../tfjs-internals.js';

/** Steps of conjugate gradients on each batch. */
const STEPS = 8;

/**
 * A 1x1 projection P from the channels of a student, S [rows, a], to those of a teacher, T [rows, b]. On each batch it
 * moves to
 *
 *     argmin_P' |S P' - T|^2 / rows + r |P' - P|^2,  r = the mean square of S
 *
 * that is, towards the least squares of the batch where the batch says much, and stays where it is where the batch says
 * little, as with fewer rows than channels. It needs no learning rate, no slots of an optimizer and no seed: it begins
 * with zeros.
 */
export class Projection {
  readonly matrix: LayerVariable;

  constructor(name: string, from: number, to: number) {
    const zeros = tf.zeros([from, to]);
    this.matrix = new tfl.LayerVariable(zeros, 'float32', `${name}/projection`, false);
    zeros.dispose();
  }

  /** S P, with a gradient for S alone. */
  project(student: tf.Tensor2D): tf.Tensor2D {
    return tf.matMul(student, this.matrix.read());
  }

  /** Moves by what a batch shows, without gradients. */
  learn(student: tf.Tensor2D, teacher: tf.Tensor2D): void {
    const moved = untaped(() => {
      const missed = tf.sub<tf.Tensor2D>(teacher, this.project(student));
      const pull = tf.mul(tf.mean(tf.square(student)), tf.eye(student.shape[1]));
      const curvature = tf.add<tf.Tensor2D>(meanProduct(student, student), pull);
      return tf.add(this.matrix.read(), conjugateGradients(curvature, meanProduct(student, missed)));
    });
    assign(this.matrix, moved);
    moved.dispose();
  }
}

/** A' B / rows. */
function meanProduct(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  return tf.div(tf.matMul(a, b, true), a.shape[0]);
}

/** Nearly solves A X = B, each column by itself, for a positive definite A. */
function conjugateGradients(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  let [x, residual, direction]: tf.Tensor2D[] = [tf.zerosLike(b), b, b];
  let square = squares(b);
  for (let step = 0; step < STEPS; step++) {
    const image = tf.matMul(a, direction!);
    const length = tf.divNoNan(square, tf.sum(tf.mul(direction!, image), 0, true));
    x = tf.add(x!, tf.mul(length, direction!));
    residual = tf.sub(residual!, tf.mul(length, image));
    const next = squares(residual);
    direction = tf.add(residual, tf.mul(tf.divNoNan(next, square), direction!));
    square = next;
  }
  return x!;
}

/** The squared length of each column. */
function squares(columns: tf.Tensor2D): tf.Tensor {
  return tf.sum(tf.square(columns), 0, true);
}
