import {received} from '../options/expect.js';
import {callIt} from '../options/makers.js';
import {needs, option} from '../options/option.js';
import {expectAbsent, read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {
  parametrizationList,
  serializedParametrizations,
  type DeclaredParametrization,
} from '../parametrizations/declared.js';
import {expectStructure, type Structure} from '../structures/structure.js';
import {
  deserialize,
  disposeWholly,
  isLayer,
  isModel,
  type Layer,
  type Model,
  type Serialized,
} from '../tfjs-internals.js';
import {frozenIn} from './frozen-layers.js';
import {serialized} from './layer-config.js';
import {kindFor} from './kinds.js';
import {layerSelector, selectLayers, type LayerSelector, type PlacedLayer} from './layer-selector.js';
import {expectModel, modelLayers} from './model-layers.js';
import {holdsPrunableLayer, isPrunableLayer, type PrunableLayer} from './prunable-layer.js';
import {weightOwners} from './prunable-weights.js';
import {copyWeights, rebuild} from './rebuild.js';

const OPTIONS = {
  /** Which layers to wrap. Defaults to all that have prunable weights. */
  layers: layerSelector(),
  /**
   * What is applied to the masked weights, in order: see `declareParametrization`. Defaults to none. For different ones
   * on different layers, wrap twice with different `layers`.
   */
  parametrizations: parametrizationList(),
  /** Gates to train with the weights, such as `hardConcrete()`: see `LearnedMasks`. Defaults to none. */
  gate: option(expectGate, undefined),
  /** What each gate opens and closes. Refused without a `gate`. Defaults to `weights()`, single weights. */
  structure: needs('gate', 'callbacks take a structure of their own', option(expectStructure, undefined)),
};

/** Gates that can be put on a model with wrapped layers. */
export interface ModelGate {
  /** A copy of a model in which gates multiply the groups of a structure. */
  readonly addTo: <M extends Model>(model: M, structure: Structure | undefined, layers: LayerSelector | undefined) => M;
}

/** Options of {@link prunable}. */
export type PrunableArgs = Args<typeof OPTIONS>;

/**
 * Makes a model prunable: returns a copy in which layers are wrapped with masks. Wraps single layers, too.
 *
 * The copy is of the same kind (`tf.Sequential` or `tf.LayersModel`), with equal weights in variables of its own, the
 * same names, topology and trainable flags; nested models stay nested and shared layers shared. Layers that can't be
 * pruned are copied as they are; `listPrunable` lists them. The original is not changed. Compile the copy before you
 * train it. The weights of a single layer are copied when the copy is built, as part of its new model.
 *
 * @throws TypeError if `target` is neither a model nor a layer, a layer's class is not registered or its `getConfig`
 *     does not hold all that makes it, or a chosen layer is already wrapped; RangeError if the model has no prunable
 *     layer, `layers` matches none, or two parametrizations add a variable of the same name; Error if the model was
 *     disposed.
 *
 * @example
 * const model = prunable(tf.sequential({layers: [
 *   tf.layers.conv2d({filters: 8, kernelSize: 3, inputShape: [28, 28, 1]}), tf.layers.flatten(),
 *   tf.layers.dense({units: 10, activation: 'softmax', name: 'head'})]}), {layers: /conv/});
 */
export function prunable<T extends Layer>(target: T, args: PrunableArgs = {}): T {
  const {layers, parametrizations, gate, structure} = read('prunable', args, OPTIONS);
  const wrap = (layer: Layer) => wrapped(layer, parametrizations);
  if (isLayer(target) && !isModel(target)) {
    expectAbsent('prunable', args, ['gate'], 'with a single layer: gates are put on the layers of a model');
    if (layers === undefined) return prunableLayer(target, wrap) as T;
    throw new TypeError(
      'Expected `layers` only with a model, to choose among its layers; prunable(layer) wraps the layer itself',
    );
  }
  const model = expectModel('prunable', target);
  if (gate && holdsWrapped(model, layers)) return gate.addTo(model, structure, layers) as unknown as T;
  const chosen = new Set(choose(model, layers).map(({layer}) => layer));
  const masked = rebuild(model, layer => (chosen.has(layer) ? wrap(layer) : serialized(layer)));
  if (!gate) return masked as unknown as T;
  try {
    return gate.addTo(masked, structure, layers) as unknown as T;
  } finally {
    disposeWholly(masked);
  }
}

/** Whether a layer is wrapped, or can be. */
export interface PrunableStatus {
  /** The layer's name, after those of the models that it is nested in. */
  layer: string;
  /** The class of the layer, or of its wrapper. */
  className: string;
  /**
   * 'wrapped': it has masks; 'prunable': it can have masks; 'skipped': it can't; 'frozen': training does not change it,
   * wrapped or not, and pruning skips it unless `layers` names it.
   */
  status: 'wrapped' | 'prunable' | 'frozen' | 'skipped';
  /** Why a layer is skipped or frozen; else empty. */
  reason: string;
}

/**
 * Lists the layers of a model: which `prunable` has wrapped, can wrap, or skips.
 *
 * @throws TypeError if `model` is not a model, Error if it was disposed.
 *
 * @example
 * console.table(listPrunable(model));
 */
export function listPrunable(model: Model): PrunableStatus[] {
  const isFrozen = frozenIn(expectModel('listPrunable', model));
  return modelLayers(model).map(({layer, path}) => ({
    layer: path,
    className: layer.getClassName(),
    ...statusOf(layer, isFrozen),
  }));
}

function statusOf(layer: Layer, isFrozen: (layer: Layer) => boolean): Pick<PrunableStatus, 'status' | 'reason'> {
  if (weightOwners(layer).length === 0) {
    const reason = layer.weights.length === 0 ? 'has no weights' : 'has no weights that can be pruned';
    return {status: 'skipped', reason};
  }
  const isWrapped = holdsPrunableLayer(layer);
  if (!isFrozen(layer)) return {status: isWrapped ? 'wrapped' : 'prunable', reason: ''};
  return {
    status: 'frozen',
    reason: `is frozen, ${isWrapped ? 'with' : 'without'} masks; name it in \`layers\` to prune it`,
  };
}

function choose(model: Model, selector: LayerSelector | undefined): PlacedLayer[] {
  const candidates = modelLayers(model).filter(({layer}) => weightOwners(layer).length > 0);
  const unwrapped = candidates.filter(({layer}) => !holdsPrunableLayer(layer));
  if (unwrapped.length === 0) throw nothingToWrap(model, candidates);
  if (selector === undefined) return unwrapped;
  const chosen = selectLayers(candidates, selector, `layers with prunable weights of model "${model.name}"`);
  const again = chosen.find(({layer}) => holdsPrunableLayer(layer));
  if (again) throw new TypeError(`Expected layers that are not wrapped yet, but "${again.path}" is wrapped already`);
  return chosen;
}

/** Whether all layers that a selector chooses are wrapped already: they can still get gates. */
function holdsWrapped(model: Model, selector: LayerSelector | undefined): boolean {
  const candidates = modelLayers(model).filter(({layer}) => weightOwners(layer).length > 0);
  const chosen = selectLayers(candidates, selector, `layers with prunable weights of model "${model.name}"`);
  return chosen.length > 0 && chosen.every(({layer}) => holdsPrunableLayer(layer));
}

function expectGate(name: string, gate: ModelGate): ModelGate {
  if (typeof (gate as Partial<ModelGate> | undefined)?.addTo === 'function') return gate;
  const remedy = typeof gate === 'function' ? callIt(gate) : '';
  throw new TypeError(`Expected \`${name}\` to be gates such as hardConcrete(), got ${received(gate)}${remedy}`);
}

function nothingToWrap(model: Model, candidates: readonly PlacedLayer[]): RangeError {
  if (candidates.length > 0) {
    return new RangeError(
      `Expected a model with layers to wrap, but all prunable layers of "${model.name}" are wrapped already; ` +
        'compile and train it as it is',
    );
  }
  const kinds = [...new Set(modelLayers(model).map(({layer}) => layer.getClassName()))].join(', ');
  return new RangeError(
    `Expected a model with prunable layers (Dense, Conv2D, LSTM, ...), but "${model.name}" has none: ` +
      `${kinds || 'it is empty'}. Declare the weights of a layer of your own with declareLayer`,
  );
}

function wrapped(layer: Layer, parametrizations: readonly DeclaredParametrization[]): Serialized {
  const config = {layer: serialized(layer), parametrizations: serializedParametrizations(parametrizations)};
  return {className: kindFor(layer.getClassName()), config: config as unknown as Serialized['config']};
}

/** The copy gets its weights when it is built. */
function prunableLayer(layer: Layer, wrap: (layer: Layer) => Serialized): Layer {
  if (isPrunableLayer(layer)) throw new TypeError(`Expected a layer that is not wrapped yet, got "${layer.name}"`);
  const copy = deserialize(wrap(layer)) as PrunableLayer;
  copy.layer.initialWeights = layer.initialWeights;
  if (layer.built) copy.onceBuilt(() => copyWeights(layer, copy));
  return copy;
}
