import * as tf from '@tensorflow/tfjs-core';
import uniq from 'lodash/uniq.js';
import {serialized} from '../../layers/layer-config.js';
import {selectLayers, type LayerSelector} from '../../layers/layer-selector.js';
import {modelLayers} from '../../layers/model-layers.js';
import {rebuild} from '../../layers/rebuild.js';
import {stripPruning} from '../../layers/strip-pruning.js';
import {leaveOutUnmetConstraints} from '../../layers/unmet-constraints.js';
import {expectBoolean, expectOptions} from '../../options/expect.js';
import {say} from '../../display/say.js';
import {shortList} from '../../display/short-list.js';
import {
  assign,
  disposeWholly,
  fieldsOf,
  type Config,
  type Layer,
  type LayerVariable,
  type Model,
  type Serialized,
} from '../../tfjs-internals.js';
import {putInFront} from './put-in-front.js';
import {conv2DFields, shiftCandidate, type ShiftCandidate} from './shift-candidate.js';
import {expectBuilt} from '../../units/trace/trace-channels.js';

/** Options of {@link shiftConvolutions}. */
export interface ShiftConvolutionsArgs {
  /** Which Conv2D layers. Defaults to all. */
  layers?: LayerSelector;
  /** Whether a layer is rewritten also where that is no faster. Defaults to false. */
  always?: boolean;
}

/** What became of a convolution. */
export interface ShiftedConvolution {
  /** Its name, behind those of the models that it is nested in. */
  layer: string;
  /** How many places of its window the input channel with the most of them takes weights from. */
  taps: number;
  status: 'shifted' | 'left';
  /** Why it was left as it is; empty where it was not. */
  reason: string;
}

/** What `shiftConvolutions` returns. */
export interface ShiftedModel<M extends Model> {
  model: M;
  /** One row for each chosen convolution. */
  layers: ShiftedConvolution[];
}

/**
 * A faster model with the same outputs: a convolution whose input channels take weights from few places of the window
 * each becomes shifts, a frozen `DepthwiseConv2D` of ones and zeros named `<layer>_shifts`, and a 1 x 1 convolution
 * with the layer's name, bias, activation, and all its weights that are not zero. Of a layer pruned by `shifts({shared:
 * true})` to its full sparsity that takes about `windowSize` times fewer multiply-adds, and on wasm a third to an
 * eighth of the time, with 32 filters or more. Wu et al. 2017, https://arxiv.org/abs/1711.08141
 *
 * Layers that would get no faster are left as they are, and so are convolutions of other kinds, and those inside
 * `TimeDistributed`. The model is a plain one of the same kind, not compiled, that loads without this library; the
 * given one is not changed.
 *
 * @throws TypeError or RangeError where `model` is none, an option is unknown or wrong, a mask holds something else
 *     than 0 and 1, or `layers` matches no Conv2D; Error where the model was disposed or is not built.
 *
 * @example
 * const {model: fast, layers} = shiftConvolutions(pruned);
 * console.table(layers);
 */
export function shiftConvolutions<M extends Model>(model: M, args: ShiftConvolutionsArgs = {}): ShiftedModel<M> {
  expectBuilt('shiftConvolutions', model);
  const {layers: selector, always = false} = expectOptions('shiftConvolutions', args, ['layers', 'always']);
  expectBoolean('always', always);
  const plain = stripPruning(model);
  try {
    const all = modelLayers(plain);
    const taken = new Set(all.map(({path}) => path));
    const convolutions = all.filter(({layer}) => layer.getClassName() === 'Conv2D');
    const candidates = selectLayers(convolutions, selector, 'Conv2D layers').map(placed =>
      shiftCandidate(placed, always, taken),
    );
    const layers = candidates.map(rowOf);
    if (layers.every(({status}) => status === 'left')) say('shiftConvolutions', whyNone(layers, model));
    const shifted = rebuildShifted(plain, candidates);
    leaveOutUnmetConstraints(shifted);
    return {model: shifted, layers};
  } finally {
    disposeWholly(plain);
  }
}

function whyNone(layers: readonly ShiftedConvolution[], {name}: Model): string {
  if (layers.length === 0) return `model "${name}" has no Conv2D, and stays as it is`;
  const reasons = shortList(uniq(layers.map(({reason}) => reason)), '; ', 120);
  return `no convolution becomes shifts: ${reasons}`;
}

function rowOf({path, shifted: {taps}, reason}: ShiftCandidate): ShiftedConvolution {
  return {layer: path, taps, status: reason === '' ? 'shifted' : 'left', reason};
}

function rebuildShifted<M extends Model>(plain: M, candidates: readonly ShiftCandidate[]): M {
  const chosen = new Map(candidates.filter(({reason}) => reason === '').map(each => [each.layer, each]));
  const products = new Map([...chosen].map(([layer, {shifted}]) => [conv2DFields(layer).kernel.id, shifted.weights]));
  const model = rebuild(plain, layer => (chosen.has(layer) ? product(layer) : serialized(layer)), {
    copyVariable(from, to) {
      assignValues(to, products.get(from.id) ?? from.read());
      to.trainable = from.trainable;
    },
    rewire(home, config) {
      config.layers = home.layers.flatMap((layer, i): Config[] => {
        const entry = config.layers[i]!;
        return chosen.has(layer) ? putInFront(shifts(layer, chosen.get(layer)!.shifted.taps), entry) : [entry];
      });
    },
  });
  const layers = new Map(modelLayers(model).map(({layer, path}) => [path, layer]));
  for (const {path, shifted} of chosen.values()) {
    const {depthwiseKernel} = fieldsOf(layers.get(`${path}_shifts`)!);
    tf.tidy(() => assignValues(depthwiseKernel as LayerVariable, shifted.shifts));
  }
  return model;
}

function assignValues(variable: LayerVariable, values: tf.Tensor | Float32Array): void {
  assign(variable, values instanceof tf.Tensor ? values : tf.tensor(values, variable.shape as number[]));
}

function shifts(layer: Layer, taps: number): Serialized {
  const {kernelSize, strides, padding, dataFormat} = conv2DFields(layer);
  const window = {kernelSize, strides, padding, dataFormat, depthMultiplier: taps};
  return {
    className: 'DepthwiseConv2D',
    config: {...window, name: `${layer.name}_shifts`, useBias: false, trainable: false},
  };
}

function product(layer: Layer): Serialized {
  const {className, config} = serialized(layer);
  return {className, config: {...config, kernelSize: [1, 1], strides: [1, 1], padding: 'valid'}};
}
