import * as tf from '@tensorflow/tfjs-core';
import groupBy from 'lodash/groupBy.js';
import once from 'lodash/once.js';
import sumBy from 'lodash/sumBy.js';
import type {WeightLayout} from '../structures/structure.js';
import type {LayerVariable} from '../tfjs-internals.js';
import type {ChannelAxis, ChannelTrace} from './trace/channel-trace.js';

/** A kernel that has a say in what units are worth. */
export interface ScaledKernel {
  readonly layout: WeightLayout;
  /** Its axes that have. */
  readonly axes: readonly Pick<ChannelAxis, 'axis' | 'role' | 'units'>[];
  /** The scale of the batch normalization that stands alone behind its layer, one value an output. */
  readonly scale: LayerVariable | undefined;
}

/** The scales (gamma) of batch normalizations that units go through. */
export interface UnitScales {
  readonly has: (unit: number) => boolean;
  /**
   * One value an output of a kernel: of one that has a scale of its own that; of another the mean size of the scales
   * that others have for the same unit, so that it has no say; and where none has, of those of all batch normalizations
   * on the unit's way. Undefined where it makes no unit that is asked for, or one that has none. To be called in a
   * tidy.
   */
  of(kernel: ScaledKernel): tf.Tensor | undefined;
}

/** Scales, and the unit that each belongs to. */
interface Scales {
  readonly variable: LayerVariable;
  readonly units: Int32Array;
}

/** What a scale has in the mean that its unit gets: its place among all scales, and its weight. */
interface Share {
  readonly place: number;
  readonly weight: number;
}

/**
 * Finds the scales that rank units: of a coupled group those of its members that have one, and behind a concatenation
 * the part that is a member's.
 *
 * @param isAsked whether it matters what a unit is worth.
 */
export function unitScales(
  kernels: readonly ScaledKernel[],
  {axes}: Pick<ChannelTrace, 'axes'>,
  isAsked: (unit: number) => boolean,
): UnitScales {
  const own = kernels.flatMap(({scale: variable, ...kernel}): Scales[] => {
    const units = outputUnits(kernel);
    return variable && units ? [{variable, units}] : [];
  });
  const passed = axes.filter(({layer, field}) => field === 'gamma' && layer.getClassName() === 'BatchNormalization');
  const allShares = once(() => new Map([...sharesOf(passed, sumBy(own, 'units.length')), ...sharesOf(own, 0)]));
  const has = (unit: number) => allShares().has(unit);
  return {
    has,
    of: ({scale, ...kernel}) => {
      if (scale) return scale.read();
      const units = outputUnits(kernel);
      const asked = units?.filter(isAsked) ?? [];
      if (!units || asked.length === 0 || !asked.every(has)) return undefined;
      const sizes = tf.concat([...own, ...passed].map(({variable}) => tf.abs(variable.read())));
      return weightedSums(
        sizes,
        Array.from(units, unit => allShares().get(unit) ?? []),
      );
    },
  };
}

/** The unit of each output of a kernel; undefined where its outputs make or pass on none. */
function outputUnits({layout, axes}: Pick<ScaledKernel, 'layout' | 'axes'>): Int32Array | undefined {
  const {shape, outputAxes} = layout;
  const traced = axes.find(({axis, role}) => role !== 'takes' && outputAxes.includes(axis));
  if (!traced) return undefined;
  const sizeOf = (some: readonly number[]) => some.reduce((size, axis) => size * shape[axis]!, 1);
  const stride = sizeOf(outputAxes.slice(outputAxes.indexOf(traced.axis) + 1));
  const {units} = traced;
  return Int32Array.from({length: sizeOf(outputAxes)}, (_, i) => units[Math.floor(i / stride) % units.length]!);
}

/** Of each unit the shares of its scales: the same for each list of scales, and in it for each position. */
function sharesOf(scales: readonly Scales[], start: number): Map<number, Share[]> {
  const lists = scales.flatMap(({units}, list) => Array.from(units, unit => ({unit, list})));
  const places = lists.map((each, i) => ({...each, place: start + i}));
  return new Map(
    Object.values(groupBy(places, 'unit')).map(own => {
      const byList = Object.values(groupBy(own, 'list'));
      const shares = byList.flatMap(list =>
        list.map(({place}) => ({place, weight: 1 / (byList.length * list.length)})),
      );
      return [own[0]!.unit, shares];
    }),
  );
}

function weightedSums(values: tf.Tensor, shares: readonly (readonly Share[])[]): tf.Tensor {
  const width = Math.max(...shares.map(({length}) => length));
  const table = (of: (share: Share | undefined) => number, dtype: 'int32' | 'float32') =>
    tf.tensor2d(
      shares.flatMap(own => Array.from({length: width}, (_, i) => of(own[i]))),
      [shares.length, width],
      dtype,
    );
  const gathered = tf.gather(
    values,
    table(share => share?.place ?? 0, 'int32'),
  );
  return tf.sum(
    tf.mul(
      gathered,
      table(share => share?.weight ?? 0, 'float32'),
    ),
    1,
  );
}
