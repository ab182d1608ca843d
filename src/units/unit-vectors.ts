import * as tf from '@tensorflow/tfjs-core';
import type {Grouping} from '../structures/structure.js';
import type {ChannelAxis, ChannelGroup, ChannelTrace} from './trace/channel-trace.js';
import type {UnitSlices} from './unit-slices.js';

/**
 * The vectors that can make something out of a channel of zeros, by their fields; and what makes channels as a bias
 * does.
 */
const VECTORS = ['bias', 'gamma', 'beta'];

function isVector({field, role, variable}: ChannelAxis): boolean {
  return VECTORS.includes(field) || (role === 'makes' && variable.shape.length === 1);
}

/** What becomes of the biases, scales and shifts of units: zero where nothing is kept of all slices that make one. */
export function withoutGoneChannels(
  {axes}: ChannelTrace,
  groups: readonly ChannelGroup[],
  slices: readonly UnitSlices[],
): NonNullable<Grouping['withoutGone']> {
  const units = groups.flatMap(group => [...group.units]);
  const rows = new Map(units.map((unit, row) => [unit, row]));
  const vectors = axes
    .filter(axis => isVector(axis) && axis.units.some(unit => rows.has(unit)))
    .map(axis => ({variable: axis.variable, rows: axis.units.map(unit => rows.get(unit) ?? units.length)}));
  const producers = slices.filter(({role}) => role === 'makes');
  const places = placesOf(units, producers);
  return masks => {
    const kept = tf.concat([keptUnits(producers, masks, places), tf.ones([1])]); // the last row is for all that stays
    return vectors.map(vector => {
      return [vector.variable, tf.mul(vector.variable.read(), tf.gather(kept, tf.tensor1d(vector.rows, 'int32')))];
    });
  };
}

/** For each unit its places among the slices of all weights that make it, one weight behind the other. */
function placesOf(units: readonly number[], producers: readonly UnitSlices[]): number[][] {
  const places = new Map<number, number[]>(units.map(unit => [unit, []]));
  const made = producers.flatMap(slices => [...slices.units]);
  made.forEach((unit, place) => places.get(unit)?.push(place));
  return [...places.values()];
}

/** 1 for each unit of which any slice is kept. */
function keptUnits(
  producers: readonly UnitSlices[],
  masks: readonly tf.Tensor[],
  places: readonly number[][],
): tf.Tensor {
  const kept = producers.map(({index, axis}) => {
    const mask = masks[index]!;
    return tf.max(
      mask,
      [...mask.shape.keys()].filter(other => other !== axis),
    );
  });
  const width = Math.max(...places.map(({length}) => length));
  const table = places.flatMap(own => Array.from({length: width}, (_, i) => own[i] ?? own[0]!));
  return tf.max(tf.reshape(tf.gather(tf.concat(kept), tf.tensor1d(table, 'int32')), [places.length, width]), 1);
}
