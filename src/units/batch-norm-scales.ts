import * as tf from '@tensorflow/tfjs-core';
import groupBy from 'lodash/groupBy.js';
import once from 'lodash/once.js';
import sumBy from 'lodash/sumBy.js';
import uniqBy from 'lodash/uniqBy.js';
import {cardOf} from '../layers/cards/card-of.js';
import {vectorsOf, type GroupedWeight, type ValueOfBatchNorm} from '../structures/structure.js';
import {fieldsOf, type LayerVariable} from '../tfjs-internals.js';
import type {ChannelTrace} from './trace/channel-trace.js';
import type {UnitSlices} from './unit-slices.js';

/** The scales (gamma) of the batch normalizations that units pass through. */
export interface BatchNormScales {
  readonly has: (unit: number) => boolean;
  /**
   * One value for each output of a weight. If a batch normalization follows the weight's layer alone, its scale. Else
   * the mean size of the scales that other weights have for the same unit, so that this weight does not count; if there
   * are none, the mean size over all batch normalizations that the unit passes through. Undefined if the weight makes
   * none of `units`, or one without a scale. Call it in a tidy.
   */
  of(weight: GroupedWeight, units: ReadonlySet<number>): tf.Tensor | undefined;
  /** The same of other values than sizes of scales. */
  valuesOf(weight: GroupedWeight, units: ReadonlySet<number>, value: ValueOfBatchNorm): tf.Tensor | undefined;
}

/** Scales, and the unit that each belongs to. */
interface Scales {
  readonly variable: LayerVariable;
  /** The shift of the same batch normalization. */
  readonly shift?: LayerVariable | undefined;
  readonly units: Int32Array;
}

/** The share of one scale in the mean of its unit: its index among all scales, and its weight in the mean. */
interface Share {
  readonly place: number;
  readonly weight: number;
}

/**
 * Ranks units by the scales of batch normalizations: a coupled group by those of the members that have one, and after a
 * concatenation by the part that belongs to the member.
 *
 * @param slices those that units are scored by.
 */
export function batchNormScales({axes}: Pick<ChannelTrace, 'axes'>, slices: readonly UnitSlices[]): BatchNormScales {
  const ofOutputs = uniqBy(slices.filter(isOfOutputs), 'index');
  const outputs = new Map(ofOutputs.map(each => [each.weight, outputUnits(each)]));
  const ranking = once(() => {
    const own = [...outputs].flatMap(([{vectors}, units]): Scales[] => {
      return vectors?.scale ? [{variable: vectors.scale, shift: vectors.shift, units}] : [];
    });
    const passed = axes
      .filter(({layer, field}) => field === 'gamma' && cardOf(layer).isBatchNorm)
      .map(({layer, variable, units}): Scales => {
        return {variable, shift: (fieldsOf(layer)['beta'] as LayerVariable | null | undefined) ?? undefined, units};
      });
    const shares = new Map([...sharesOf(passed, sumBy(own, 'units.length')), ...sharesOf(own, 0)]);
    return {norms: [...own, ...passed], shares};
  });
  const has = (unit: number) => ranking().shares.has(unit);
  const meanOf = (weight: GroupedWeight, asked: ReadonlySet<number>, value: ValueOfBatchNorm) => {
    const units = outputs.get(weight);
    const ranked = units?.filter(unit => asked.has(unit));
    if (!units || !ranked?.length || !ranked.every(has)) return undefined;
    const {norms, shares} = ranking();
    const values = tf.concat(norms.map(({variable: scale, shift}) => value(vectorsOf({scale, shift}))));
    return weightedSums(
      values,
      Array.from(units, unit => shares.get(unit) ?? []),
    );
  };
  return {
    has,
    of: (weight, asked) => weight.vectors?.scale?.read() ?? meanOf(weight, asked, ({scale}) => tf.abs(scale)),
    valuesOf: (weight, asked, value) => {
      const {scale, shift} = weight.vectors ?? {};
      return scale ? value(vectorsOf({scale, shift})) : meanOf(weight, asked, value);
    },
  };
}

function isOfOutputs({role, axis, weight: {layout}}: UnitSlices): boolean {
  return role !== 'takes' && layout.outputAxes.includes(axis);
}

/** The unit of each output of a weight, whose outputs may span more axes than this one. */
function outputUnits({axis, units, weight: {layout}}: UnitSlices): Int32Array {
  const {shape, outputAxes} = layout;
  const sizeOf = (some: readonly number[]) => some.reduce((size, other) => size * shape[other]!, 1);
  const stride = sizeOf(outputAxes.slice(outputAxes.indexOf(axis) + 1));
  return Int32Array.from({length: sizeOf(outputAxes)}, (_, i) => units[Math.floor(i / stride) % units.length]!);
}

/** The shares of the scales of each unit: equal for each list of scales, and within it for each position. */
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
