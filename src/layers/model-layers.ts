import {received} from '../options/expect.js';
import {isDisposed, isModel, type Layer, type Model} from '../tfjs-internals.js';
import type {PlacedLayer} from './layer-selector.js';
import {isPrunableLayer, type PrunableLayer} from './prunable-layer.js';
import {childLayers} from './inner-layers.js';

/** All layers of a model, with the layers of nested models in place of the nested models. */
export function modelLayers(model: Model, within = ''): PlacedLayer[] {
  return model.layers.flatMap(layer => {
    const path = within + layer.name;
    return isModel(layer) ? modelLayers(layer, `${path}/`) : [{layer, path, within}];
  });
}

/** A wrapped layer and its path. */
export interface PlacedPrunableLayer extends PlacedLayer {
  readonly layer: PrunableLayer;
}

/** All wrapped layers of a model, also inside `TimeDistributed` and the like. */
export function prunableLayers(model: Model): PlacedPrunableLayer[] {
  return modelLayers(model).flatMap(({layer, ...place}) =>
    wrappersIn(layer).map(wrapper => ({layer: wrapper, ...place})),
  );
}

/**
 * Checks that the masks of wrapped layers hold only 0 and 1.
 *
 * @throws RangeError that names the weight and the likely cause.
 */
export function expectMasks(layers: PlacedPrunableLayer[]): PlacedPrunableLayer[] {
  for (const weight of layers.flatMap(({layer}) => layer.maskedWeights)) weight.expectMask();
  return layers;
}

/** The layer itself if it is a wrapper, else the wrappers inside it, at any depth. */
export function wrappersIn(layer: Layer): PrunableLayer[] {
  return isPrunableLayer(layer) ? [layer] : childLayers(layer).flatMap(wrappersIn);
}

/**
 * Expects a layers model that is not disposed, made by the copy of tfjs-layers that this library uses.
 *
 * @throws TypeError if it is something else, Error if it was disposed.
 */
export function expectModel(owner: string, model: Model): Model {
  if (typeof (model as Model | undefined)?.getClassName !== 'function' || !Array.isArray(model.layers)) {
    const got = received(model);
    const remedy = got.endsWith('GraphModel') ? ', which has no layers; convert the original to the layers format' : '';
    throw new TypeError(`${owner} expects a tf.Sequential or tf.LayersModel, got ${got}${remedy}`);
  }
  if (!isModel(model)) throw secondCopy(owner);
  if (isDisposed(model) || modelLayers(model).some(({layer}) => isDisposed(layer))) {
    throw new Error(`${owner} expects a model that has its weights, but model "${model.name}" was disposed`);
  }
  return model;
}

/**
 * Expects a model that was compiled and so has an optimizer.
 *
 * @throws what {@link expectModel} throws, and Error if it was not compiled.
 */
export function expectCompiled(owner: string, model: Model): Model {
  if ((expectModel(owner, model).optimizer as object | undefined) !== undefined) return model;
  throw new Error(`${owner} expects a model that was compiled, but "${model.name}" was not; call compile() first`);
}

/** The error for a model or callback of another copy of tfjs-layers. */
export function secondCopy(owner: string): TypeError {
  return new TypeError(
    `${owner} got a model of another copy of @tensorflow/tfjs-layers than the one this library imports. ` +
      'Run `npm ls @tensorflow/tfjs-layers` and `npm dedupe` so that only one copy remains',
  );
}
