import * as tf from '@tensorflow/tfjs-core';
import type {Grouping, GroupSlices} from '../structures/structure.js';
import type {ChannelAxis, ChannelGroup, ChannelTrace} from './trace/channel-trace.js';
import type {UnitSlices} from './unit-slices.js';

/** The fields of vectors that turn a channel of zeros into something else, besides those that make channels. */
const VECTORS = ['bias', 'gamma', 'beta'];

function isVector({field, role, variable}: ChannelAxis): boolean {
  return VECTORS.includes(field) || (role === 'makes' && variable.shape.length === 1);
}

/**
 * The biases, scales and shifts of units under new masks: zero if the masks keep nothing of the kernels that make the
 * unit.
 */
export function withoutUnmadeUnits(
  {axes}: Pick<ChannelTrace, 'axes'>,
  groups: readonly ChannelGroup[],
  slices: readonly UnitSlices[],
): NonNullable<Grouping['withoutGone']> {
  const units = groups.flatMap(group => [...group.units]);
  const rows = rowsOf(groups);
  const vectors = axes
    .filter(axis => isVector(axis) && axis.units.some(unit => rows.has(unit)))
    .map(axis => ({variable: axis.variable, rows: axis.units.map(unit => rows.get(unit) ?? units.length)}));
  const makers = slices.filter(({role}) => role === 'makes');
  const places = placesOf(units, makers);
  return masks => {
    const made = tf.concat([madeUnits(makers, masks, places), tf.ones([1])]); // the last row is for units that stay
    return vectors.map(vector => {
      return [vector.variable, tf.mul(vector.variable.read(), tf.gather(made, tf.tensor1d(vector.rows, 'int32')))];
    });
  };
}

/** The slices of weights and vectors that belong to units, numbered in the order of the groups. */
export function slicesOfUnits(
  {axes}: Pick<ChannelTrace, 'axes'>,
  groups: readonly ChannelGroup[],
  slices: readonly UnitSlices[],
): GroupSlices[] {
  const rows = rowsOf(groups);
  const numbered = (units: Int32Array) => units.map(unit => rows.get(unit) ?? -1);
  const kernels = slices.map(({weight: {kernel}, axis, role, units}): GroupSlices => {
    return {variable: kernel, axes: [axis], groups: numbered(units), role: role === 'takes' ? 'takes' : 'makes'};
  });
  const vectors = axes.filter(isVector).map(({variable, axis, units}): GroupSlices => {
    return {variable, axes: [axis], groups: numbered(units), role: 'vector'};
  });
  return [...kernels, ...vectors].filter(({groups: own}) => own.some(group => group >= 0));
}

function rowsOf(groups: readonly ChannelGroup[]): Map<number, number> {
  return new Map(groups.flatMap(group => [...group.units]).map((unit, row) => [unit, row]));
}

/** For each unit, its places among the concatenated slices of all weights that make it. */
function placesOf(units: readonly number[], makers: readonly UnitSlices[]): number[][] {
  const places = new Map<number, number[]>(units.map(unit => [unit, []]));
  const made = makers.flatMap(slices => [...slices.units]);
  made.forEach((unit, place) => places.get(unit)?.push(place));
  return [...places.values()];
}

/** 1 for each unit with any slice kept among those that make it. */
function madeUnits(makers: readonly UnitSlices[], masks: readonly tf.Tensor[], places: readonly number[][]): tf.Tensor {
  const kept = makers.map(({index, axis}) => {
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
