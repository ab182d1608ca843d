import type * as tf from '@tensorflow/tfjs-core';
import {fieldsOf, type Layer} from '../../tfjs-internals.js';
import {isAmong, lastAxis} from './channel-axis.js';
import type {ChannelCards} from './channel-card.js';
import {computed, type ConstantCall, type Constants} from './constants.js';
import type {LayerUse, TracedTensor} from './layer-use.js';
import type {PassCards} from './pass-card.js';

export const ACTIVATION_PASSES: PassCards = {
  Activation: {returnsInput: layer => activationOf(layer)?.getClassName() === 'linear'},
  Softmax: {softmaxField: 'softmax'},
};

const ELEMENTWISE = {channelRule: passed, constants: elementwise};

export const ACTIVATION_CHANNELS: ChannelCards = {
  ReLU: ELEMENTWISE,
  LeakyReLU: ELEMENTWISE,
  ELU: ELEMENTWISE,
  ThresholdedReLU: ELEMENTWISE,
  Rescaling: ELEMENTWISE,
  Activation: {channelRule: activation, constants: ({layer, values}) => [activated(layer, values[0]!)]},
  Softmax: {channelRule: softmax},
  PReLU: {
    channelRule: parametricRelu,
    constants: ({values}) => [values[0]!.map(value => (value >= 0 ? value : NaN))],
  },
};

/** An activation, as layers hold it in a private field. */
interface Activation {
  getClassName(): string;
  apply(x: tf.Tensor): tf.Tensor;
}

function activationOf(layer: Layer): Activation | undefined {
  return (fieldsOf(layer)['activation'] as Activation | null | undefined) ?? undefined;
}

/** Whether a layer returns what it computes, without an activation. */
export function isLinear(layer: Layer): boolean {
  return (activationOf(layer)?.getClassName() ?? 'linear') === 'linear';
}

/** Applies the layer's activation to constants. */
export function activated(layer: Layer, values: Constants): Constants {
  if (endsInSoftmax(layer)) return values.map(() => NaN);
  const activation = activationOf(layer);
  return activation ? computed(values, x => activation.apply(x)) : values;
}

function elementwise({layer, values}: ConstantCall): Constants[] {
  return [computed(values[0]!, x => layer.call(x, {}) as tf.Tensor)];
}

/** The rule of a layer that works on each channel by itself and leaves it where it is. */
export function passed({inputs, outputShapes}: LayerUse): TracedTensor[] {
  return [{...inputs[0]!, shape: outputShapes[0]!}];
}

const SOFTMAX = 'go through its softmax';

/** Freezes channels if a softmax divides them by the sum over all of them: without one, the others would change. */
export function freezeIfMixed(use: LayerUse, channels: Int32Array): void {
  if (endsInSoftmax(use.layer)) use.freeze(channels, SOFTMAX);
}

function endsInSoftmax(layer: Layer): boolean {
  return /softmax/i.test(activationOf(layer)?.getClassName() ?? '');
}

/** The softmax of an activation runs along the last axis: channels along another one are not mixed. */
function activation(use: LayerUse): TracedTensor[] {
  const [input] = use.inputs;
  if (input!.axis === lastAxis(input!)) freezeIfMixed(use, input!.channels);
  return passed(use);
}

function softmax(use: LayerUse): TracedTensor[] {
  const [input] = use.inputs;
  if (isAmong(fieldsOf(use.layer)['axis'] as number | number[], input!)) use.freeze(input!.channels, SOFTMAX);
  return passed(use);
}

function parametricRelu(use: LayerUse): TracedTensor[] {
  const {axis, channels} = use.inputs[0]!;
  const shared = fieldsOf(use.layer)['sharedAxes'] as number[] | null;
  if (!shared?.includes(axis)) use.tie('alpha', axis - 1, channels, 'passes');
  return passed(use);
}
