import {received} from '../options/expect.js';
import {isDisposed, isModel, type Layer, type Model} from '../tfjs-internals.js';
import type {PlacedLayer} from './layer-selector.js';
import {isPrunableLayer, type PrunableLayer} from './prunable-layer.js';
import {childLayers} from './prunable-weights.js';

/** All layers of a model, those of nested models in their place instead of the nested models themselves. */
export function modelLayers(model: Model, within = ''): PlacedLayer[] {
  return model.layers.flatMap(layer => {
    const path = within + layer.name;
    return isModel(layer) ? modelLayers(layer, `${path}/`) : [{layer, path, within}];
  });
}

/** A wrapper of ours and where it is. */
export interface PlacedPrunableLayer extends PlacedLayer {
  readonly layer: PrunableLayer;
}

/** All wrappers of ours in a model, also inside `TimeDistributed` and the like. */
export function prunableLayers(model: Model): PlacedPrunableLayer[] {
  return modelLayers(model).flatMap(({layer, ...place}) =>
    wrappersIn(layer).map(wrapper => ({layer: wrapper, ...place})),
  );
}

/**
 * Expects the masks of wrappers to hold nothing but 0 and 1.
 *
 * @throws RangeError that names the weight and what may have happened.
 */
export function expectMasks(layers: PlacedPrunableLayer[]): PlacedPrunableLayer[] {
  for (const weight of layers.flatMap(({layer}) => layer.maskedWeights)) weight.expectMask();
  return layers;
}

/** The wrappers of ours that a layer is, or holds at any depth. */
export function wrappersIn(layer: Layer): PrunableLayer[] {
  return isPrunableLayer(layer) ? [layer] : childLayers(layer).flatMap(wrappersIn);
}

/**
 * Expects a layers model of the copy of tfjs-layers that this library uses, with its weights still there.
 *
 * @throws TypeError where it is something else, Error where it was disposed.
 */
export function expectModel(owner: string, model: Model): Model {
  if (typeof (model as Model | undefined)?.getClassName !== 'function' || !Array.isArray(model.layers)) {
    throw new TypeError(`${owner} expects a tf.Sequential or tf.LayersModel, got ${received(model)}`);
  }
  if (!isModel(model)) throw secondCopy(owner);
  if (isDisposed(model) || modelLayers(model).some(({layer}) => isDisposed(layer))) {
    throw new Error(`${owner} expects a model that has its weights, but model "${model.name}" was disposed`);
  }
  return model;
}

/**
 * Expects a model that was compiled, and so has an optimizer.
 *
 * @throws what {@link expectModel} throws, and Error where it was not compiled.
 */
export function expectCompiled(owner: string, model: Model): Model {
  if ((expectModel(owner, model).optimizer as object | undefined) !== undefined) return model;
  throw new Error(`${owner} expects a model that was compiled, but "${model.name}" was not; call compile() first`);
}

/** The error for a model or callback of another copy of tfjs-layers. */
export function secondCopy(owner: string): TypeError {
  return new TypeError(
    `${owner} got a model of another copy of @tensorflow/tfjs-layers than the one this library imports. ` +
      'Run `npm ls @tensorflow/tfjs-layers` and `npm dedupe` so that one copy is left',
  );
}
