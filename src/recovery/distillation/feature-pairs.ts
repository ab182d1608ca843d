import * as tf from '@tensorflow/tfjs-core';
import type {Shape} from '@tensorflow/tfjs-layers';
import {isList, received} from '../../options/expect.js';
import {usedLayers, type UsedLayer} from '../../report/used-layers.js';
import type {Model} from '../../tfjs-internals.js';
import {Projection} from './projection.js';
import {squaredDistance} from './soft-distance.js';
import type {Tap} from './tapped-tensors.js';

/** A layer whose outputs are compared: of the same name in both models, or the student's and the teacher's. */
export type FeaturePairNames = string | readonly [student: string, teacher: string];

/** Outputs of a layer of the student that shall be like those of a layer of the teacher. */
export class FeaturePair {
  readonly student: Tap;
  readonly teacher: Tap;
  /** The axis of the channels, and their projection, if their numbers differ. */
  readonly #channels: {readonly axis: number; readonly projection: Projection} | undefined;

  constructor(student: Tap, teacher: Tap, channels?: {axis: number; projection: Projection}) {
    this.student = student;
    this.teacher = teacher;
    this.#channels = channels;
  }

  get projection(): Projection | undefined {
    return this.#channels?.projection;
  }

  /** Moves the projection, if there is one, by what a batch shows. */
  learn(student: tf.Tensor, teacher: tf.Tensor): void {
    if (!this.#channels) return;
    const {axis, projection} = this.#channels;
    tf.tidy(() => projection.learn(rows(student, axis), rows(teacher, axis)));
  }

  /** The mean squared difference of the features, those of the student projected. */
  distance(student: tf.Tensor, teacher: tf.Tensor): tf.Scalar {
    if (!this.#channels) return squaredDistance(student, teacher);
    const {axis, projection} = this.#channels;
    return squaredDistance(projection.project(rows(student, axis)), rows(teacher, axis));
  }
}

/** Checks the form of the option. */
export function expectPairNames(name: string, pair: FeaturePairNames): FeaturePairNames {
  if (isList(pair) && pair.length !== 2) throw wrongPair(name, `a list of ${pair.length}`);
  const wrong = [pair].flat().find(each => typeof each !== 'string' || each === '');
  if (wrong !== undefined) throw wrongPair(name, received(wrong));
  return pair;
}

function wrongPair(name: string, came: string): TypeError {
  return new TypeError(
    `Expected \`${name}\` to be the name of a layer, or the names of the student's and the teacher's, got ${came}`,
  );
}

/**
 * The pairs by their names.
 *
 * @throws RangeError if a name is none of a layer, or of several; if a layer is used several times or returns several
 *     tensors; or if shapes differ along more than one axis. Nothing is made then.
 */
export function featurePairs(student: Model, teacher: Model, names: readonly FeaturePairNames[]): FeaturePair[] {
  const [ofStudent, ofTeacher] = [usedLayers(student), usedLayers(teacher)];
  const found = names.map(pair => {
    const [first, second] = typeof pair === 'string' ? [pair, pair] : pair;
    const [from, to] = [featureOf('student', ofStudent, first), featureOf('teacher', ofTeacher, second)];
    return {from, to, axis: channelAxis([first, from.shape], [second, to.shape])};
  });
  return found.map(({from, to, axis}) => {
    if (axis === undefined) return new FeaturePair(from.tap, to.tap);
    const projection = new Projection(`distill/${from.tap.layer.name}`, from.shape[axis]!, to.shape[axis]!);
    return new FeaturePair(from.tap, to.tap, {axis, projection});
  });
}

function featureOf(role: string, layers: readonly UsedLayer[], name: string): {tap: Tap; shape: Shape} {
  const matches = layers.filter(({layer, path}) => path === name || layer.name === name);
  const [match] = matches;
  if (!match || matches.length > 1) {
    const known = (match ? matches : layers).map(({path}) => `"${path}"`).join(', ');
    throw new RangeError(
      `Expected \`features\` to name one layer of the ${role}, but "${name}" names ${matches.length || 'none'}; ` +
        `there ${match ? 'are' : 'is'} ${known}`,
    );
  }
  const [use, ...more] = match.uses;
  if (use && more.length === 0 && use.outputs.length === 1) {
    return {tap: {layer: match.layer, side: 'outputs', index: 0}, shape: use.outputs[0]!};
  }
  throw new RangeError(
    `Expected \`features\` to name layers that are used once and return one tensor, but "${name}" of the ${role} is ` +
      `used ${match.uses.length} times and returns ${use?.outputs.length ?? 0}; choose a layer behind it`,
  );
}

/** The axis along which the shapes differ, undefined if along none; sizes that are left open are taken as alike. */
function channelAxis([name, student]: [string, Shape], [other, teacher]: [string, Shape]): number | undefined {
  const axes = student.flatMap((size, axis) =>
    size === null || teacher[axis] === null || size === teacher[axis] ? [] : [axis],
  );
  if (student.length === teacher.length && axes.length < 2) return axes[0];
  throw new RangeError(
    `Expected features to differ only in the number of channels, but "${name}" of the student returns ` +
      `[${shown(student)}] and "${other}" of the teacher [${shown(teacher)}]; choose others by \`features\``,
  );
}

const shown = (shape: Shape) => ['batch', ...shape.slice(1)].map(size => size ?? 'any').join();

/** All positions in rows, with the channels in columns. */
function rows(features: tf.Tensor, axis: number): tf.Tensor2D {
  const others = features.shape.map((_, i) => i).filter(i => i !== axis);
  return tf.reshape(tf.transpose(features, [...others, axis]), [-1, features.shape[axis]!]);
}
