import * as tf from '@tensorflow/tfjs-core';
import partition from 'lodash/partition.js';
import uniqBy from 'lodash/uniqBy.js';
import {cardOf} from '../layers/cards/card-of.js';
import {sayFrozen} from '../layers/frozen-layers.js';
import {selectLayers, type LayerSelector, type PlacedLayer} from '../layers/layer-selector.js';
import {expectModel, modelLayers, wrappersIn} from '../layers/model-layers.js';
import {layoutOf} from '../layers/layout-of.js';
import {weightIn, weightOwners} from '../layers/prunable-weights.js';
import type {WeightLayout} from '../structures/structure.js';
import {fieldsOf, type LayerVariable, type Model} from '../tfjs-internals.js';
import type {PenalizedWeight, Penalty} from './penalty.js';

const KINDS = {
  kernels: {find: kernelsOf, what: 'layers with prunable weights'},
  batchNormScales: {find: scalesOf, what: 'batch normalizations with a scale'},
} as const;

/**
 * The weights that a penalty applies to, each once, even if its layer is used in several places. By default all trained
 * weights; a frozen one must be named. Weights that are left out for this reason are reported on the console, once per
 * subject.
 *
 * @param owner the function or callback that asks, for messages.
 * @param subject the callback or the model that is told.
 * @throws TypeError if `model` is not a model; RangeError if the selector matches nothing, no weight is trained, or a
 *     mask holds anything but 0 and 1.
 */
export function penalizedWeights(
  owner: string,
  model: Model,
  {appliesTo = 'kernels'}: Penalty,
  selector: LayerSelector | undefined,
  subject: object = model,
): PenalizedWeight[] {
  const {find, what} = KINDS[appliesTo];
  const candidates = modelLayers(expectModel(owner, model)).filter(place => find(place).length > 0);
  const chosen = selectLayers(candidates, selector, what);
  for (const {maskedWeights} of chosen.flatMap(({layer}) => wrappersIn(layer))) {
    for (const weight of maskedWeights) weight.expectMask();
  }
  const weights = uniqBy(chosen.flatMap(find), ({variable}) => variable.id);
  if (selector !== undefined) return weights;
  const trained = new Set(model.trainableWeights);
  const [free, frozen] = partition(weights, ({variable}) => trained.has(variable));
  if (free.length > 0) {
    sayFrozen(
      owner,
      subject,
      frozen.map(({layout}) => layout.name),
    );
    return free;
  }
  const found = weights.length === 0 ? 'none' : 'only frozen ones; name them in `layers`';
  throw new RangeError(`${owner} expects a model with ${what} that are trained, but "${model.name}" has ${found}`);
}

/**
 * The weight as its layer computes with it. It does not use `read`, because criteria observe only gradients of the
 * loss.
 */
export function readWeight({variable, mask}: PenalizedWeight): tf.Tensor {
  return mask ? tf.mul(variable.read(), mask.read()) : variable.read();
}

/** A new value for kept weights, beside the dense weights behind the mask (pruning with regrowth). */
export function besideMasked({variable, mask}: PenalizedWeight, value: tf.Tensor): tf.Tensor {
  if (!mask) return value;
  return tf.add(tf.mul(value, mask.read()), tf.mul(variable.read(), tf.sub(1, mask.read())));
}

function kernelsOf({layer, within}: PlacedLayer): PenalizedWeight[] {
  const masked = new Map(
    wrappersIn(layer).flatMap(({maskedWeights}) => maskedWeights.map(one => [one.kernel.id, one])),
  );
  return weightOwners(layer).flatMap(owner =>
    owner.weights.map(row => {
      const variable = weightIn(owner.layer, row.field);
      const {kernel = variable, mask} = masked.get(variable.id) ?? {};
      return {variable: kernel, mask, layout: placed(layoutOf(variable, row, owner.layer), within)};
    }),
  );
}

function scalesOf({layer, within}: PlacedLayer): PenalizedWeight[] {
  const gamma = fieldsOf(layer)['gamma'] as LayerVariable | null | undefined;
  if (!cardOf(layer).isBatchNorm || !gamma) return [];
  const layout = layoutOf(gamma, {field: 'gamma', inputAxes: [], outputAxes: [0]}, layer);
  return [{variable: gamma, layout: placed(layout, within)}];
}

function placed(layout: WeightLayout, within: string): WeightLayout {
  return {...layout, name: within + layout.name};
}
