import {fieldsOf, type Layer, type LayerVariable} from '../../tfjs-internals.js';
import {activated, freezeIfMixed} from './activations.js';
import {channelAxis} from './channel-axis.js';
import type {ChannelCards} from './channel-card.js';
import {withBias, type ConstantCall, type Constants} from './constants.js';
import {isUnpadded, made, MIXING, multiplied, outputPositions, setting} from './kernels.js';
import {viewKernel} from './kernel-view.js';
import type {LayerCards} from './layer-card.js';
import type {LayerUse, TracedTensor} from './layer-use.js';
import type {LinearCards, LinearStep} from './linear-card.js';
import {convolutionWindow, depthwiseWindow, rowsOf, windowRowsByChannel, type WindowOf} from './linear-windows.js';
import type {PassCards} from './pass-card.js';

const DEPTHWISE_KERNEL = {field: 'depthwiseKernel', inputAxes: [-2], outputAxes: [-2, -1], seesInput: true};
const POINTWISE_KERNEL = {field: 'pointwiseKernel', ...MIXING, makesOutputs: true};

/** Convolutions that filter each channel separately. */
export const DEPTHWISE: LayerCards = {
  DepthwiseConv2D: {
    prunableWeights: [{...DEPTHWISE_KERNEL, makesOutputs: true}],
    miswrites: ['depthwiseConstraint'], // tf.js writes the regularizer there
  },
  SeparableConv2D: {
    prunableWeights: [DEPTHWISE_KERNEL, POINTWISE_KERNEL],
    miswrites: ['depthMultiplier'],
  },
};

export const DEPTHWISE_PASSES: PassCards = {
  DepthwiseConv2D: {positions: outputPositions},
  SeparableConv2D: {positions: outputPositions},
};

export const DEPTHWISE_LINEAR: LinearCards = {
  DepthwiseConv2D: {linearSteps: layer => [filteredChannels(layer, depthwiseWindow)]},
  SeparableConv2D: {
    linearSteps: layer => [
      filteredChannels(layer, convolutionWindow),
      {field: 'pointwiseKernel', features: rowsOf, order: [0, 1, 2, 3], parts: 1},
    ],
  },
};

/** The product of each channel's patches with the filters of that channel. */
function filteredChannels(layer: Layer, windowOf: WindowOf): LinearStep {
  const field = 'depthwiseKernel';
  const parts = (fieldsOf(layer)[field] as LayerVariable).shape[2]!;
  return {field, features: windowRowsByChannel(layer, windowOf), order: [2, 0, 1, 3], parts};
}

export const DEPTHWISE_CHANNELS: ChannelCards = {
  DepthwiseConv2D: {
    channelRule: depthwiseConvolution,
    constants: call => [
      activated(
        call.layer,
        withBias(
          call.layer,
          filtered(call, () => NaN),
        ),
      ),
    ],
  },
  SeparableConv2D: {channelRule: separableConvolution, constants: separablyConvolved},
};

function depthwiseConvolution(use: LayerUse): TracedTensor[] {
  const [shape] = use.outputShapes;
  const axis = channelAxis(use.layer, shape!);
  const input = use.along(use.inputs[0]!, axis);
  const channels = multiples(use, input);
  use.tie('depthwiseKernel', 2, input, 'passes');
  use.tie('bias', 0, channels, 'passes');
  freezeIfMixed(use, channels);
  return [{shape: shape!, axis, channels}];
}

function separableConvolution(use: LayerUse): TracedTensor[] {
  const input = use.along(use.inputs[0]!, channelAxis(use.layer, use.inputs[0]!.shape));
  use.tie('depthwiseKernel', 2, input, 'passes');
  use.tie('pointwiseKernel', 2, multiples(use, input), 'takes');
  return made(use, setting('filters'), [
    ['pointwiseKernel', 3],
    ['bias', 0],
  ]);
}

/** With a depth multiplier of 2, `[a, b]` becomes `[a, a, b, b]`. */
function multiples({layer}: LayerUse, channels: Int32Array): Int32Array {
  const times = fieldsOf(layer)['depthMultiplier'] as number;
  return Int32Array.from({length: channels.length * times}, (_, i) => channels[Math.floor(i / times)]!);
}

/** Padding changes a constant at the edges: it can't move into the bias, but must not be lost either. */
function separablyConvolved(call: ConstantCall): Constants[] {
  const values = [filtered(call, value => value)];
  return multiplied({...call, values}, 'pointwiseKernel', {isExact: isUnpadded(call.layer)});
}

/** Applies the depthwise kernel to constants. @param padded returns the result where padding changes a constant. */
function filtered({layer, values}: ConstantCall, padded: (value: number) => number): Constants {
  const isExact = isUnpadded(layer);
  const view = viewKernel(fieldsOf(layer)['depthwiseKernel'] as LayerVariable, 2);
  return Float32Array.from({length: view.inputs * view.outputs}, (_, i) => {
    const [input, multiplier] = [Math.floor(i / view.outputs), i % view.outputs];
    const value = values[0]![input]!;
    if (value === 0 || !view.links(input, multiplier)) return 0;
    return isExact ? value * view.sum(input, multiplier) : padded(value);
  });
}
