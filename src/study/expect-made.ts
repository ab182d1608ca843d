import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import uniq from 'lodash/uniq.js';
import {expectModel} from '../layers/model-layers.js';
import {isList, received} from '../options/expect.js';

/**
 * Expects what `load` of a data set should return.
 *
 * @throws TypeError or RangeError that names the data set.
 */
export function expectStudyData<D extends object>(name: string, data: D): D {
  const start = `Expected \`load\` of data set "${name}" to return {train: {xs, ys}, test: {xs, ys}}`;
  for (const part of ['train', 'test'] as const) {
    const {xs, ys} = Object((Object(data) as Record<string, unknown>)[part]) as Record<'xs' | 'ys', unknown>;
    const tensors = [...tensorsOf(xs, `${part}.xs`, start), ...tensorsOf(ys, `${part}.ys`, start)];
    const rows = uniq(tensors.map(({shape}) => shape[0]));
    if (rows.length === 1 && rows[0]! > 0) continue;
    throw new RangeError(`${start} with a row for each example, got ${rows.join(' and ')} rows in ${part}`);
  }
  return data;
}

/**
 * Expects what `make` of a net should return.
 *
 * @throws TypeError that names the net.
 */
export function expectNet(name: string, model: tfl.LayersModel): tfl.LayersModel {
  if (looksLikeModel(model)) return expectModel(`net "${name}"`, model);
  throw new TypeError(`Expected \`make\` of net "${name}" to return a model, got ${received(model)}`);
}

/**
 * Expects what `train` and `prune` of a method should return.
 *
 * @throws TypeError that names the method.
 */
export function expectTraining<T extends object>(name: string, training: T): T {
  const {model, callbacks} = Object(training) as Record<'model' | 'callbacks', unknown>;
  if (looksLikeModel(model) && isList(callbacks)) return training;
  const got = looksLikeModel(model) ? `${received(callbacks)} as callbacks` : received(training);
  throw new TypeError(`Expected method "${name}" to return {model, callbacks: [...]}, got ${got}`);
}

function tensorsOf(value: unknown, place: string, start: string): tf.Tensor[] {
  const list = isList(value) ? (value as unknown[]) : [value];
  const wrong = list.length === 0 ? value : list.find(each => !(each instanceof tf.Tensor));
  if (list.length === 0 || list.some(each => !(each instanceof tf.Tensor))) {
    throw new TypeError(`${start} with tensors, got ${received(wrong)} as ${place}`);
  }
  const tensors = list as tf.Tensor[];
  if (!tensors.some(({isDisposed}) => isDisposed)) return tensors;
  throw new TypeError(
    `${start} with new tensors at each call, which the study disposes; got a disposed one as ${place}`,
  );
}

function looksLikeModel(value: unknown): boolean {
  const {getClassName, layers} = Object(value) as {getClassName?: unknown; layers?: unknown};
  return typeof getClassName === 'function' && isList(layers);
}
