import {channelAxis, lastAxis} from '../channel-axis.js';
import type {ChannelRule, LayerUse, Resize, TracedTensor} from '../layer-use.js';
import {fieldsOf, type Layer} from '../../../tfjs-internals.js';

/** Layers whose kernels mix all input channels into new ones. */
export const KERNEL_RULES: Record<string, ChannelRule> = {
  Dense: use => mixing(use, {axis: lastAxis(use.inputs[0]!), kernelAxes: [0, 1], resize: setting('units')}),
  Conv1D: convolution,
  Conv2D: convolution,
  Conv3D: convolution,
  Conv2DTranspose: transposedConvolution,
  Conv3DTranspose: transposedConvolution,
  DepthwiseConv2D: depthwiseConvolution,
  SeparableConv2D: separableConvolution,
  Embedding: embedding,
};

/** Writes the number of channels under a key of the configuration. */
export function setting(key: string): Resize {
  return (config, left) => (config[key] = left);
}

/** A softmax divides by a sum over all channels: with one of them gone, the others change. */
export function freezeIfMixed(use: LayerUse, channels: Int32Array): void {
  if (endsInSoftmax(use.layer)) use.freeze(channels, SOFTMAX);
}

export const SOFTMAX = 'go through its softmax';

/** Whether the activation of a layer makes something out of all channels together. */
export function endsInSoftmax(layer: Layer): boolean {
  const activation = fieldsOf(layer)['activation'] as {getClassName(): string} | null | undefined;
  return /softmax/i.test(activation?.getClassName() ?? '');
}

interface Mixing {
  /** Of the input, along which the kernel sums. */
  readonly axis: number;
  /** Of the kernel: the one of the inputs, and that of the outputs. */
  readonly kernelAxes: readonly [number, number];
  readonly resize: Resize;
}

function mixing(use: LayerUse, {axis, kernelAxes: [inputs, outputs], resize}: Mixing): TracedTensor[] {
  use.tie('kernel', inputs, use.along(use.inputs[0]!, axis), 'takes');
  return made(use, resize, [
    ['kernel', outputs],
    ['bias', 0],
  ]);
}

/** The output of new channels, one for each position of the weights' axes. */
function made(use: LayerUse, resize: Resize, weights: readonly [field: string, axis: number][]): TracedTensor[] {
  const [shape] = use.outputShapes;
  const axis = channelAxis(use.layer, shape!);
  const channels = use.makes(shape![axis]!, resize);
  for (const [field, weightAxis] of weights) use.tie(field, weightAxis, channels, 'makes');
  freezeIfMixed(use, channels);
  return [{shape: shape!, axis, channels}];
}

function convolution(use: LayerUse): TracedTensor[] {
  const {shape} = use.inputs[0]!;
  const window = shape.length - 2;
  const kernelAxes = [window, window + 1] as const;
  return mixing(use, {axis: channelAxis(use.layer, shape), kernelAxes, resize: setting('filters')});
}

function transposedConvolution(use: LayerUse): TracedTensor[] {
  const {shape} = use.inputs[0]!;
  const window = shape.length - 2;
  const kernelAxes = [window + 1, window] as const;
  return mixing(use, {axis: channelAxis(use.layer, shape), kernelAxes, resize: setting('filters')});
}

function depthwiseConvolution(use: LayerUse): TracedTensor[] {
  const [shape] = use.outputShapes;
  const axis = channelAxis(use.layer, shape!);
  const input = use.along(use.inputs[0]!, axis);
  const channels = repeated(input, fieldsOf(use.layer)['depthMultiplier'] as number);
  use.tie('depthwiseKernel', 2, input, 'passes');
  use.tie('bias', 0, channels, 'passes');
  freezeIfMixed(use, channels);
  return [{shape: shape!, axis, channels}];
}

function separableConvolution(use: LayerUse): TracedTensor[] {
  const input = use.along(use.inputs[0]!, channelAxis(use.layer, use.inputs[0]!.shape));
  use.tie('depthwiseKernel', 2, input, 'passes');
  use.tie('pointwiseKernel', 2, repeated(input, fieldsOf(use.layer)['depthMultiplier'] as number), 'takes');
  return made(use, setting('filters'), [
    ['pointwiseKernel', 3],
    ['bias', 0],
  ]);
}

function embedding(use: LayerUse): TracedTensor[] {
  use.freeze(use.inputs[0]!.channels, 'are looked up in it');
  const [shape] = use.outputShapes;
  const channels = use.makes(shape!.at(-1)!, setting('outputDim'));
  use.tie('embeddings', 1, channels, 'makes');
  return [{shape: shape!, axis: shape!.length - 1, channels}];
}

/** `[a, b]` -> `[a, a, b, b]`: what an input channel becomes in a depthwise convolution. */
function repeated(channels: Int32Array, times: number): Int32Array {
  return Int32Array.from({length: channels.length * times}, (_, i) => channels[Math.floor(i / times)]!);
}
