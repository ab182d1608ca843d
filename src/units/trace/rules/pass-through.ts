import {fieldsOf} from '../../../tfjs-internals.js';
import {channelAxis, lastAxis} from '../channel-axis.js';
import type {ChannelRule, LayerUse, TracedTensor} from '../layer-use.js';
import {freezeIfMixed, SOFTMAX} from './kernels.js';

/** Layers that work on each channel by itself and leave it where it is. */
export const PASS_THROUGH_RULES: Record<string, ChannelRule> = {
  ReLU: passed,
  LeakyReLU: passed,
  ELU: passed,
  ThresholdedReLU: passed,
  Dropout: passed,
  SpatialDropout1D: passed,
  GaussianNoise: passed,
  GaussianDropout: passed,
  AlphaDropout: passed,
  Rescaling: passed,
  Activation: activation,
  Softmax: softmax,
  PReLU: parametricRelu,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  Masking: masking,
  ZeroPadding2D: windowed,
  Cropping2D: windowed,
  UpSampling2D: windowed,
  Resizing: windowed,
  CenterCrop: windowed,
  RandomWidth: windowed,
  RandomHeight: windowed,
  MaxPooling1D: windowed,
  MaxPooling2D: windowed,
  MaxPooling3D: windowed,
  AveragePooling1D: windowed,
  AveragePooling2D: windowed,
  AveragePooling3D: windowed,
  GlobalAveragePooling1D: global,
  GlobalAveragePooling2D: global,
  GlobalMaxPooling1D: global,
  GlobalMaxPooling2D: global,
};

function passed({inputs, outputShapes}: LayerUse): TracedTensor[] {
  return [{...inputs[0]!, shape: outputShapes[0]!}];
}

/** A softmax is one over the last axis: channels along another do not meet in it. */
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

/** Works on the other axes, in a window or as a whole. */
function windowed(use: LayerUse): TracedTensor[] {
  const axis = channelAxis(use.layer, use.inputs[0]!.shape);
  return [{shape: use.outputShapes[0]!, axis, channels: use.along(use.inputs[0]!, axis)}];
}

function global(use: LayerUse): TracedTensor[] {
  const axis = channelAxis(use.layer, use.inputs[0]!.shape);
  return [{shape: use.outputShapes[0]!, axis: 1, channels: use.along(use.inputs[0]!, axis)}];
}

function parametricRelu(use: LayerUse): TracedTensor[] {
  const {axis, channels} = use.inputs[0]!;
  const shared = fieldsOf(use.layer)['sharedAxes'] as number[] | null;
  if (!shared?.includes(axis)) use.tie('alpha', axis - 1, channels, 'passes');
  return passed(use);
}

function batchNormalization(use: LayerUse): TracedTensor[] {
  const [input] = use.inputs;
  const given = fieldsOf(use.layer)['axis'] as number;
  const axis = given < 0 ? input!.shape.length + given : given;
  const channels = use.along(input!, axis);
  if (axis !== lastAxis(input!))
    use.freeze(channels, 'are normalized by it over an axis that tf.js only gets right when it is the last');
  for (const field of ['gamma', 'beta', 'movingMean', 'movingVariance']) use.tie(field, 0, channels, 'passes');
  return [{...input!, channels, axis}];
}

/** Its mean and variance are those of all channels together: with one of them gone, the others change. */
function layerNormalization(use: LayerUse): TracedTensor[] {
  const [input] = use.inputs;
  if (isAmong(fieldsOf(use.layer)['axis'] as number | number[], input!)) {
    use.freeze(input!.channels, 'are normalized together by it');
  }
  return passed(use);
}

/** Whether the axis of channels is one of those that a layer works over. */
function isAmong(axes: number | readonly number[], {axis, shape}: TracedTensor): boolean {
  return [axes].flat().some(given => (given < 0 ? given + shape.length : given) === axis);
}

/** A step is masked where all of its channels have the mask's value. */
function masking(use: LayerUse): TracedTensor[] {
  use.freeze(use.along(use.inputs[0]!, lastAxis(use.inputs[0]!)), 'decide together which steps it masks');
  return passed(use);
}
