import * as tf from '@tensorflow/tfjs-core';
import uniq from 'lodash/uniq.js';
import {serialized} from '../../layers/layer-config.js';
import {modelLayers} from '../../layers/model-layers.js';
import {rebuild} from '../../layers/rebuild.js';
import {leaveOutUnmetConstraints} from '../../layers/unmet-constraints.js';
import {say} from '../../display/say.js';
import {shortList} from '../../display/short-list.js';
import {
  assign,
  fieldsOf,
  type Config,
  type Layer,
  type LayerVariable,
  type Model,
  type Serialized,
} from '../../tfjs-internals.js';
import {putInFront} from './put-in-front.js';
import {conv2DFields, withShiftCandidates, type ShiftCandidate, type ShiftConvolutionsArgs} from './shift-candidate.js';

/**
 * Makes a faster model with the same outputs. A convolution whose input channels each take weights from few positions
 * of the window becomes shifts (a frozen `DepthwiseConv2D` of ones and zeros, named `<layer>_shifts`) and a 1 x 1
 * convolution with the layer's name, bias, activation, and non-zero weights. For a layer pruned by
 * `shifts({shared: true})` to its full sparsity, that takes about `windowSize` times fewer multiply-adds and, on wasm,
 * a third to an eighth of the time, with 32 filters or more. Wu et al. 2017, https://arxiv.org/abs/1711.08141
 *
 * Layers that would not get faster stay as they are, as do other kinds of convolutions and those inside
 * `TimeDistributed`; {@link listShiftable} gives the reasons. The result is a plain model of the same kind, not
 * compiled, that loads without this library. The given model is not changed.
 *
 * @throws TypeError or RangeError if `model` is not a model, an option is unknown or wrong, a mask holds anything but 0
 *     and 1, or `layers` matches no Conv2D; Error if the model was disposed or is not built.
 *
 * @example
 * console.log(formatShiftable(await listShiftable(pruned)));
 * const fast = await shiftConvolutions(pruned);
 */
export async function shiftConvolutions<M extends Model>(model: M, args: ShiftConvolutionsArgs = {}): Promise<M> {
  return withShiftCandidates('shiftConvolutions', model, args, (plain, candidates) => {
    if (candidates.every(({reason}) => reason !== '')) say('shiftConvolutions', whyNone(candidates, model));
    const shifted = rebuildShifted(plain, candidates);
    leaveOutUnmetConstraints(shifted);
    return shifted;
  });
}

function whyNone(candidates: readonly ShiftCandidate[], {name}: Model): string {
  if (candidates.length === 0) return `model "${name}" has no Conv2D, and stays as it is`;
  const reasons = shortList(uniq(candidates.map(({reason}) => reason)), '; ', 120);
  return `no convolution becomes shifts: ${reasons}`;
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
