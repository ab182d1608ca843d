import * as tf from '@tensorflow/tfjs-core';
import {
  assign,
  deserialize,
  disposeWholly,
  isModel,
  isSequential,
  registeredClass,
  unregistered,
  type Config,
  type Layer,
  type LayerVariable,
  type Model,
  type Serialized,
} from '../tfjs-internals.js';
import {configOf, mendConfig} from './layer-config.js';
import {explained} from './lost-arguments.js';
import {expectMasks, prunableLayers} from './model-layers.js';
import {renumberUses} from './order-of-uses.js';
import {inCreationOrder, isPrunableLayer, type PrunableLayer} from './prunable-layer.js';
import {childLayers, layersWithin} from './inner-layers.js';

/** Writes the value of a variable into its counterpart in the copy. */
export type CopyVariable = (from: LayerVariable, to: LayerVariable) => void;

/** How a copy differs from its original. */
export interface RebuildArgs {
  /** Copies each variable and its trainable flag. By default the value is copied unchanged. */
  copyVariable?: CopyVariable;
  /** Edits the configuration of the model and of each nested one; a layer that is removed there is not copied. */
  rewire?: (model: Model, config: ModelConfig) => void;
}

/** The configuration of a model. */
export type ModelConfig = Config & {layers: Config[]};

/**
 * A copy of a model in which layers may be replaced: the same kind, names, topology and trainable flags, with variables
 * of its own. The original is not changed. The copy is not compiled. It saves correct configurations of the layers that
 * tf.js itself would save wrongly.
 *
 * @param rewrite returns what replaces a layer; nested models are entered, not replaced.
 */
export function rebuild<M extends Model>(
  model: M,
  rewrite: (layer: Layer) => Serialized,
  {copyVariable = copyValue, rewire = () => undefined}: RebuildArgs = {},
): M {
  expectOneHome(model);
  expectMasks(prunableLayers(model));
  const copy = made(model, serialize(model, rewrite, rewire)) as M;
  layersWithin(copy).forEach(mendConfig);
  try {
    tf.tidy(() => copyWeights(model, copy, copyVariable));
  } catch (error) {
    disposeWholly(copy);
    throw explained(error, model);
  }
  const metadata = model.getUserDefinedMetadata() as object | undefined;
  if (metadata) copy.setUserDefinedMetadata(metadata);
  return copy;
}

/** Makes the model that is written. */
function made(model: Model, written: Serialized): Layer {
  try {
    return deserialize(written, {fastWeightInit: true});
  } catch (error) {
    throw explained(error, model);
  }
}

function serialize(
  model: Model,
  rewrite: (layer: Layer) => Serialized,
  rewire: NonNullable<RebuildArgs['rewire']>,
): Serialized {
  const config = configOf(model) as ModelConfig;
  model.layers.forEach((layer, i) => {
    const serialized = isModel(layer) ? serialize(layer, rewrite, rewire) : rewrite(layer);
    if (!registeredClass(serialized.className)) throw unregistered(serialized.className);
    Object.assign(config.layers[i]!, serialized);
  });
  rewire(model, config);
  if (!isSequential(model)) renumberUses(model, config);
  return {className: model.getClassName(), config};
}

/** A layer inside two others would become two layers: configurations do not say that they share it. */
function expectOneHome(home: Layer, homes = new Map<Layer, Layer>()): void {
  for (const layer of childLayers(home)) {
    const other = homes.get(layer);
    if (other) {
      throw new Error(
        `Layer "${layer.name}" is part of "${other.name}" and of "${home.name}"; a copy would no longer share its ` +
          'weights. Use it in one of them only',
      );
    }
    homes.set(layer, home);
    expectOneHome(layer, homes);
  }
}

/**
 * Copies all weights. If both sides are wrapped, the masks and other variables of wrappers are copied too; if only the
 * source is, the target gets the weights that the source computes with. Layers of a model are paired by name, other
 * inner layers by position, and weights by order of creation.
 */
export function copyWeights(from: Layer, to: Layer, copyVariable: CopyVariable = copyValue): void {
  if (isPrunableLayer(from)) copyWrapped(from, to, copyVariable);
  else if (isPrunableLayer(to)) copyAndStart(from, to, copyVariable);
  else copyPlain(from, to, copyVariable);
}

function copyAndStart(from: Layer, to: PrunableLayer, copyVariable: CopyVariable): void {
  copyWeights(from, to.layer, copyVariable);
  to.startWeights();
}

function copyPlain(from: Layer, to: Layer, copyVariable: CopyVariable): void {
  // Models and bidirectional layers do not save it. Setting it also sets the inner layers, which are copied next.
  if (to.trainable !== from.trainable) to.trainable = from.trainable;
  if (isModel(from)) {
    const targets = new Map((to as Model).layers.map(layer => [layer.name, layer]));
    for (const layer of from.layers) {
      const target = targets.get(layer.name);
      if (target) copyWeights(layer, target, copyVariable);
    }
  } else if (childLayers(from).length > 0) {
    childLayers(from).forEach((layer, i) => copyWeights(layer, childLayers(to)[i]!, copyVariable));
  } else {
    inCreationOrder(from).forEach((variable, i) => copyVariable(variable, inCreationOrder(to)[i]!));
  }
}

function copyWrapped(from: PrunableLayer, to: Layer, copyVariable: CopyVariable): void {
  copyWeights(from.layer, isPrunableLayer(to) ? to.layer : to, copyVariable);
  if (isPrunableLayer(to)) copyAdded(from, to, copyVariable);
  else from.bakeInto(to);
}

function copyAdded(from: PrunableLayer, to: PrunableLayer, copyVariable: CopyVariable): void {
  const sources = new Map(from.addedVariables.map(variable => [variable.originalName, variable]));
  for (const target of to.addedVariables) {
    const source = sources.get(target.originalName);
    if (source) copyVariable(source, target);
  }
}

function copyValue(from: LayerVariable, to: LayerVariable): void {
  assign(to, from.read());
  to.trainable = from.trainable;
}
