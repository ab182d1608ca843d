import * as tf from '@tensorflow/tfjs-core';
import uniqBy from 'lodash/uniqBy.js';
import {gatedLayers} from '../../gates/gated-layers.js';
import {serialized} from '../../layers/layer-config.js';
import {modelLayers, prunableLayers} from '../../layers/model-layers.js';
import {plainConfig} from '../../layers/plain-config.js';
import {isPrunableLayer} from '../../layers/prunable-layer.js';
import {rebuild} from '../../layers/rebuild.js';
import {leaveOutUnmetConstraints} from '../../layers/unmet-constraints.js';
import {say} from '../../display/say.js';
import {shortList} from '../../display/short-list.js';
import {
  assign,
  disposeWholly,
  download,
  type Config,
  type Layer,
  type LayerVariable,
  type Model,
  type Serialized,
} from '../../tfjs-internals.js';
import {expectBuilt} from '../../units/trace/trace-channels.js';
import {biasOf} from '../cut/bias-of.js';
import {foldCandidates, type FoldCandidate} from './fold-candidates.js';
import {baseOf, normalizationOf, withInputs, withOutputs, type FoldedLayer} from './normalization.js';
import {withoutLayers} from './without-layers.js';

/**
 * Makes a model without the batch normalizations that can be a part of the layer before or behind them: in `predict`
 * they only scale and shift, which a kernel and a bias do as well. The outputs are the same up to rounding. Files get
 * smaller, and inference faster.
 *
 *     before a normalization:  W' = W scale,  b' = (b - mean) scale + beta
 *     behind it:               W' = W scale,  b' = b + W (beta - mean scale)
 *     scale = gamma / sqrt(variance + epsilon)
 *
 * It is folded into a Dense, Conv, transposed, depthwise or separable convolution right before it, without an
 * activation, whose output nothing else takes; or else into one right behind it, alone to take its output, that pads
 * nothing with zeros. Layers that are used several times, weights with parametrizations, and channels that are not last
 * are left alone. {@link listFoldable} gives the reasons; how many stay is said on the console.
 *
 * Wrapped layers stay wrapped with their masks: zeros stay zeros. Weights that are on a grid or have few values do not
 * keep them, so fold before you train with {@link quantizationAware} or {@link clusterWeights}.
 *
 * The model is of the same kind, with the same names and variables of its own, not compiled. Without wrappers it loads
 * without this library. Training it further is another training: nothing is normalized by batches any more. The given
 * model is not changed.
 *
 * @throws TypeError or RangeError if `model` is not a model, a layer's class is not registered, or a mask holds
 *     anything but 0 and 1; Error if the model was disposed, is not built or has gates.
 *
 * @example
 * const folded = await foldBatchNorm(await shrink(stripPruning(pruned)));
 * await folded.save(compressed('file://./model.tfpr', {bits: 4}));
 */
export async function foldBatchNorm<M extends Model>(model: M): Promise<M> {
  const candidates = await candidatesOf('foldBatchNorm', model);
  if (candidates.length === 0) say('foldBatchNorm', `model "${model.name}" has no batch normalization to fold`);
  let folded = foldedOnce(model, candidates);
  // what lay between two of them has both neighbors now
  for (let next = foldable(folded); next.length > 0; next = foldable(folded)) {
    const before = folded;
    folded = foldedOnce(before, next);
    disposeWholly(before);
  }
  const staying = foldCandidates(folded);
  if (staying.length > 0) say('foldBatchNorm', `keeps ${reasonsOf(staying)}`);
  if (prunableLayers(folded).length === 0) leaveOutUnmetConstraints(folded);
  return folded;
}

/** What `foldBatchNorm` does with a batch normalization. */
export interface FoldableStatus {
  /** The path of the layer: its name, after those of the models that hold it. */
  layer: string;
  /** The path of the layer that it becomes a part of; empty if it stays. */
  into: string;
  /** Why it stays; empty if it does not. */
  reason: string;
}

/**
 * Lists the batch normalizations of a model and what `foldBatchNorm` does with each at first; changes nothing.
 *
 * @throws what `foldBatchNorm` throws.
 *
 * @example
 * console.table(await listFoldable(model));
 */
export async function listFoldable(model: Model): Promise<FoldableStatus[]> {
  return (await candidatesOf('listFoldable', model)).map(({layer, within, into, reason}) => ({
    layer: within + layer.name,
    into: into ? within + into.name : '',
    reason,
  }));
}

async function candidatesOf(owner: string, model: Model): Promise<FoldCandidate[]> {
  expectBuilt(owner, model);
  const gated = gatedLayers(model)[0];
  if (gated) {
    throw new Error(`${owner} expects a model without gates, but "${gated.name}" has some; call stripPruning first`);
  }
  await download(model.weights);
  return foldCandidates(model);
}

function foldable(model: Model): FoldCandidate[] {
  return foldCandidates(model).filter(({into}) => into);
}

/** Folds at most one normalization into each layer. */
function foldedOnce<M extends Model>(model: M, candidates: readonly FoldCandidate[]): M {
  const chosen = uniqBy(
    candidates.filter(({into}) => into),
    ({into}) => into,
  );
  const gone = new Set(chosen.map(({layer}) => layer));
  const changed = new Map(chosen.map(each => [each.into!, tf.tidy(() => foldedLayer(each))]));
  const kernels = new Map([...changed.values()].map(({id, kernel}) => [id, kernel]));
  const isPlain = prunableLayers(model).length === 0;
  const write = (layer: Layer) => {
    const written = isPlain ? plainConfig(serialized(layer)) : serialized(layer);
    return changed.has(layer) ? withBias(layer, written) : written;
  };
  try {
    const copy = rebuild(model, write, {
      rewire: (home, config) => {
        if (home.layers.some(layer => gone.has(layer))) withoutLayers(home, config, gone);
      },
      copyVariable: (from, to: LayerVariable | undefined) => {
        if (!to) return; // what is left of a normalization that makes an output
        assign(to, kernels.get(from.id) ?? from.read());
        to.trainable = from.trainable;
      },
    });
    const layers = new Map(modelLayers(copy).map(({layer, path}) => [path, layer]));
    for (const {within, into} of chosen) {
      assign(biasOf(baseOf(layers.get(within + into!.name)!))!, changed.get(into!)!.bias);
    }
    return copy;
  } finally {
    tf.dispose([...changed.values()]);
  }
}

function foldedLayer({layer, into, isBehind}: FoldCandidate): FoldedLayer {
  return (isBehind ? withOutputs : withInputs)(into!, normalizationOf(layer));
}

/** The configuration of a layer that has a bias. */
function withBias(layer: Layer, {className, config}: Serialized): Serialized {
  if (!isPrunableLayer(layer)) return {className, config: {...config, useBias: true}};
  const inner = config['layer'] as unknown as Serialized;
  return {className, config: {...config, layer: withBias(layer.layer, inner) as unknown as Config}};
}

function reasonsOf(staying: readonly FoldCandidate[]): string {
  const each = staying.map(({layer, within, reason}) => `"${within}${layer.name}", since ${reason}`);
  return shortList(each, '; ', 400);
}
