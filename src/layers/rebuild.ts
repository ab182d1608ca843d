import * as tf from '@tensorflow/tfjs-core';
import {
  assign,
  configOf,
  deserialize,
  isModel,
  registeredClass,
  unregistered,
  type Config,
  type Layer,
  type LayerVariable,
  type Model,
  type Serialized,
} from '../tfjs-internals.js';
import type {MaskedWeight} from './masked-weight.js';
import {inCreationOrder, isPrunableLayer} from './prunable-layer.js';
import {childLayers} from './prunable-weights.js';

/**
 * A copy of a model with some layers written anew: the same kind, names, topology and trainable flags, with variables of
 * its own. Nothing of the original is changed. The copy is not compiled.
 *
 * @param rewrite says what becomes of a layer (not of a nested model, which is entered).
 */
export function rebuild<M extends Model>(model: M, rewrite: (layer: Layer) => Serialized): M {
  expectOneHome(model);
  const copy = deserialize(serialize(model, rewrite), {fastWeightInit: true}) as M;
  tf.tidy(() => copyModelWeights(model, copy));
  const metadata = model.getUserDefinedMetadata() as object | undefined;
  if (metadata) copy.setUserDefinedMetadata(metadata);
  return copy;
}

/** A layer as it is, for `rewrite`. */
export function asItIs(layer: Layer): Serialized {
  return {className: layer.getClassName(), config: configOf(layer)};
}

function serialize(model: Model, rewrite: (layer: Layer) => Serialized): Serialized {
  const config = configOf(model) as Config & {layers: Config[]};
  model.layers.forEach((layer, i) => {
    const serialized = isModel(layer) ? serialize(layer, rewrite) : rewrite(layer);
    if (!registeredClass(serialized.className)) throw unregistered(serialized.className);
    Object.assign(config.layers[i]!, serialized);
  });
  return {className: model.getClassName(), config};
}

/** A layer that is in two models at once would become two layers: the configuration does not say that they are one. */
function expectOneHome(model: Model, homes = new Map<Layer, Model>()): void {
  for (const layer of model.layers) {
    const home = homes.get(layer);
    if (home) {
      throw new Error(
        `Layer "${layer.name}" is part of "${home.name}" and of "${model.name}"; a copy would no longer share its weights. ` +
          'Use it in one of the models only',
      );
    }
    homes.set(layer, model);
    if (isModel(layer)) expectOneHome(layer, homes);
  }
}

function copyModelWeights(from: Model, to: Model): void {
  const targets = new Map(to.layers.map(layer => [layer.name, layer]));
  for (const source of from.layers) {
    const target = targets.get(source.name)!;
    if (isModel(source)) copyModelWeights(source, target as Model);
    else copyLayerWeights(source, target);
  }
}

/** Copies masks where both sides have them; where only the source has, the target gets the masked kernels. */
function copyLayerWeights(from: Layer, to: Layer): void {
  if (isPrunableLayer(from) && isPrunableLayer(to)) {
    copyValues(inCreationOrder(from), inCreationOrder(to));
    return;
  }
  const masks = new Map(
    maskedWeightsIn(from).flatMap(weight => [[weight.kernel, weight] as const, [weight.mask, weight] as const]),
  );
  const plain = inCreationOrder(from).filter(variable => masks.get(variable)?.mask !== variable);
  const targets = inCreationOrder(isPrunableLayer(to) ? to.layer : to);
  copyValues(plain, targets, variable => baked(masks.get(variable)) ?? variable.read());
}

/** Adding 0 turns -0, the product of a negative weight and its mask, into 0: it compresses better. */
function baked(weight: MaskedWeight | undefined): tf.Tensor | undefined {
  return weight && tf.add(weight.read(), 0);
}

function copyValues(
  from: LayerVariable[],
  to: LayerVariable[],
  read: (variable: LayerVariable) => tf.Tensor = variable => variable.read(),
): void {
  from.forEach((source, i) => {
    const target = to[i]!;
    assign(target, read(source));
    target.trainable = source.trainable;
  });
}

function maskedWeightsIn(layer: Layer): readonly MaskedWeight[] {
  return isPrunableLayer(layer) ? layer.maskedWeights : childLayers(layer).flatMap(maskedWeightsIn);
}
