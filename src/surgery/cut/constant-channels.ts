import * as tf from '@tensorflow/tfjs-core';
import {fieldsOf, valuesNow, type Layer, type LayerVariable} from '../../tfjs-internals.js';
import {channelRuleOf} from '../trace/channel-rules.js';
import type {ChannelSweep, TracedCall} from '../trace/channel-sweep.js';
import {viewKernel, type KernelView} from './kernel-sums.js';
import type {LayerUse, TracedTensor} from '../trace/layer-use.js';

/** What a kernel takes in. */
export interface Intake {
  readonly layer: Layer;
  /** The layer's field that holds the kernel. */
  readonly field: string;
  readonly kernel: LayerVariable;
  /** The axis of the kernel that its outputs run along. */
  readonly outputAxis: number;
  readonly view: KernelView;
  /** The value of each input channel where it is the same everywhere and for every example, NaN where it is not. */
  readonly values: Float32Array;
  /** Whether a constant can be moved into the bias without a change of any output: nothing is padded around it. */
  readonly absorbs: boolean;
}

/** The value of each channel of a tensor; NaN where it is not constant. */
type Constants = Float32Array;

/** A use of a layer, with the constants that come in. */
interface ConstantCall extends TracedCall {
  readonly values: readonly Constants[];
  readonly intake: (
    kernel: string,
    inputAxis: number,
    values: Constants,
    absorbs: boolean,
    layer?: Layer,
  ) => KernelView;
  readonly valuesOf: (tensor: TracedTensor) => Constants;
}

/** What is constant in a model. */
export interface ConstantChannels {
  /** For each kernel that channels run into, by the id of its variable. */
  readonly intakes: ReadonlyMap<number, Intake>;
  /** The value of each channel of a tensor; NaN where it is not constant. */
  readonly valuesOf: (tensor: TracedTensor) => Float32Array;
}

/** Follows channels that are constant through a model: those of a kernel that is all zeros hold the bias, and what becomes of it. */
export function constantChannels({calls, crossed}: ChannelSweep): ConstantChannels {
  const intakes = new Map<number, Intake>();
  const known = new Map<TracedTensor, Constants>();
  const valuesOf = (tensor: TracedTensor): Constants => {
    if (crossed.has(tensor)) return unknown(tensor);
    return known.get(tensor) ?? (tensor.of ? valuesOf(tensor.of) : unknown(tensor));
  };
  for (const call of calls) {
    const intake: ConstantCall['intake'] = (field, inputAxis, values, absorbs, layer = call.layer) => {
      const kernel = fieldsOf(layer)[field] as LayerVariable;
      const before = intakes.get(kernel.id);
      const view = before?.view ?? viewKernel(kernel, inputAxis);
      const known = values.length === view.inputs ? values : new Float32Array(view.inputs).fill(NaN);
      const merged = before ? same(before.values, known) : known;
      const outputAxis = 2 * kernel.shape.length - 3 - inputAxis; // the other one of the last two
      const alwaysAbsorbs = absorbs && (before?.absorbs ?? true);
      intakes.set(kernel.id, {layer, field, kernel, outputAxis, view, values: merged, absorbs: alwaysAbsorbs});
      return view;
    };
    const rule = RULES[call.layer.getClassName()];
    const outputs = rule?.({...call, values: call.inputs.map(valuesOf), intake, valuesOf});
    call.outputs.forEach((output, i) => {
      const values = outputs?.[i];
      known.set(output, values?.length === output.channels.length ? values : unknown(output));
    });
  }
  return {intakes, valuesOf};
}

const RULES: Record<string, ((call: ConstantCall) => Constants[]) | undefined> = {
  Dense: call => kernel(call, 'kernel', 'inputsFirst', true),
  Conv1D: convolution,
  Conv2D: convolution,
  Conv3D: convolution,
  Conv2DTranspose: transposedConvolution,
  Conv3DTranspose: transposedConvolution,
  DepthwiseConv2D: call => [activated(call.layer, withBias(call.layer, depthwise(call)))],
  SeparableConv2D: call => kernel({...call, values: [depthwise(call)]}, 'pointwiseKernel', 'inputsFirst', true),
  SimpleRNN: recurrent,
  LSTM: recurrent,
  GRU: recurrent,
  ConvLSTM2D: recurrent,
  RNN: recurrent,
  ReLU: elementwise,
  LeakyReLU: elementwise,
  ELU: elementwise,
  ThresholdedReLU: elementwise,
  Rescaling: elementwise,
  Activation: ({layer, values}) => [activated(layer, values[0]!)],
  PReLU: ({values}) => [values[0]!.map(value => (value >= 0 ? value : NaN))],
  BatchNormalization: batchNormalization,
  ZeroPadding2D: ({values}) => [values[0]!.map(value => (value === 0 ? 0 : NaN))],
  Add: call => [merged(call, (a, b) => a + b)],
  Average: call => [merged(call, (a, b) => a + b).map(sum => sum / call.inputs.length)],
  Maximum: call => [merged(call, Math.max)],
  Minimum: call => [merged(call, Math.min)],
  Multiply: call => [merged(call, (a, b) => (a === 0 || b === 0 ? 0 : a * b))],
  Concatenate: concatenation,
  TimeDistributed: ({outputs, valuesOf}) => outputs.map(output => valuesOf(output.of!)),
  ...Object.fromEntries(['Flatten', 'Reshape', 'Permute', 'RepeatVector'].map(name => [name, rearranged])),
  ...Object.fromEntries(
    ['Dropout', 'SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'UpSampling2D', 'Cropping2D']
      .concat([
        'MaxPooling1D',
        'MaxPooling2D',
        'MaxPooling3D',
        'AveragePooling1D',
        'AveragePooling2D',
        'AveragePooling3D',
      ])
      .concat(['GlobalAveragePooling1D', 'GlobalAveragePooling2D', 'GlobalMaxPooling1D', 'GlobalMaxPooling2D'])
      .map(name => [name, ({values}: ConstantCall) => [values[0]!]]),
  ),
};

function unknown({channels}: TracedTensor): Constants {
  return new Float32Array(channels.length).fill(NaN);
}

/** What is the same in two uses of a layer. */
function same(a: Constants, b: Constants): Constants {
  return a.map((value, i) => (value === b[i] ? value : NaN));
}

function kernel(call: ConstantCall, field: string, order: 'inputsFirst' | 'outputsFirst', exact: boolean): Constants[] {
  const [values] = call.values;
  const rank = (fieldsOf(call.layer)[field] as LayerVariable).shape.length;
  const view = call.intake(field, rank - (order === 'inputsFirst' ? 2 : 1), values!, exact);
  const sums = Float32Array.from({length: view.outputs}, (_, output) => sumInto(output, view, values!, exact));
  return [activated(call.layer, withBias(call.layer, sums))];
}

/** What an output of a kernel sums up to, without its bias. */
function sumInto(output: number, view: KernelView, values: Constants, exact: boolean): number {
  if (!view.isFed(output)) return 0;
  let sum = 0;
  for (let input = 0; input < view.inputs; input++) {
    const value = values[input]!;
    if (value === 0 || !view.links(input, output)) continue;
    if (Number.isNaN(value) || !exact) return NaN;
    sum += value * view.sum(input, output);
  }
  return sum;
}

function convolution(call: ConstantCall): Constants[] {
  const isValid = fieldsOf(call.layer)['padding'] === 'valid';
  return kernel(call, 'kernel', 'inputsFirst', isValid || isPointwise(call.layer));
}

/** Only a window of one pixel, moved by one, gives each output pixel the same number of them. */
function transposedConvolution(call: ConstantCall): Constants[] {
  const strides = fieldsOf(call.layer)['strides'] as number[];
  const exact = isPointwise(call.layer) && strides.every(stride => stride === 1);
  return kernel(call, 'kernel', 'outputsFirst', exact);
}

function isPointwise(layer: Layer): boolean {
  return (fieldsOf(layer)['kernelSize'] as number[]).every(size => size === 1);
}

/** Each channel by itself, without bias. */
function depthwise({layer, values}: ConstantCall): Constants {
  const view = viewKernel(fieldsOf(layer)['depthwiseKernel'] as LayerVariable, 2);
  const exact = fieldsOf(layer)['padding'] === 'valid' || isPointwise(layer);
  return Float32Array.from({length: view.inputs * view.outputs}, (_, i) => {
    const [input, multiplier] = [Math.floor(i / view.outputs), i % view.outputs];
    const value = values[0]![input]!;
    if (value === 0 || !view.links(input, multiplier)) return 0;
    return exact ? value * view.sum(input, multiplier) : NaN;
  });
}

function withBias(layer: Layer, values: Constants): Constants {
  const bias = fieldsOf(layer)['bias'] as LayerVariable | null | undefined;
  const added = bias && valuesNow(() => bias.read());
  return added ? values.map((value, i) => value + added[i]!) : values;
}

function activated(layer: Layer, values: Constants): Constants {
  const activation = fieldsOf(layer)['activation'] as {apply(x: tf.Tensor): tf.Tensor} | null | undefined;
  return activation ? computed(values, x => activation.apply(x)) : values;
}

function elementwise({layer, values}: ConstantCall): Constants[] {
  return [computed(values[0]!, x => layer.call(x, {}) as tf.Tensor)];
}

/** Some backends make a number of NaN. */
function computed(values: Constants, f: (x: tf.Tensor) => tf.Tensor): Constants {
  if (values.every(Number.isNaN)) return values;
  const numbers = values.map(value => (Number.isNaN(value) ? 0 : value));
  const results = valuesNow(() => f(tf.tensor2d(numbers, [1, numbers.length])));
  return results.map((result, i) => (Number.isNaN(values[i]!) ? NaN : result));
}

/** A scale of 0 makes a constant of anything. */
function batchNormalization({layer, values}: ConstantCall): Constants[] {
  const {gamma, beta, movingMean, movingVariance} = fieldsOf(layer) as Record<string, LayerVariable | null>;
  const read = (variable: LayerVariable | null | undefined) => variable && valuesNow(() => variable.read());
  const [scale, shift, mean, variance] = [gamma, beta, movingMean, movingVariance].map(read);
  const epsilon = fieldsOf(layer)['epsilon'] as number;
  return [
    values[0]!.map((value, i) => {
      const factor = (scale?.[i] ?? 1) / Math.sqrt(variance![i]! + epsilon);
      return (factor === 0 ? 0 : factor * (value - mean![i]!)) + (shift?.[i] ?? 0);
    }),
  ];
}

/** A unit stays 0 where nothing feeds its candidate, the gate that alone makes a new state: all other gates only weigh it. */
const CANDIDATES: Record<string, number> = {SimpleRNNCell: 0, LSTMCell: 2, GRUCell: 2, ConvLSTM2DCell: 2};

function recurrent(call: ConstantCall): Constants[] {
  const cell = fieldsOf(call.layer)['cell'] as Layer;
  const candidate = CANDIDATES[cell.getClassName()];
  if (candidate === undefined) return [];
  const {kernel, bias} = fieldsOf(cell) as {kernel: LayerVariable; bias: LayerVariable | null};
  const units = call.outputs[0]!.channels.length;
  const axis = kernel.shape.length - 2;
  const absorbs = bias !== null && cell.getClassName() !== 'ConvLSTM2DCell';
  const view = call.intake('kernel', axis, call.values[0]!, absorbs, cell);
  const recurrentView = viewKernel(fieldsOf(cell)['recurrentKernel'] as LayerVariable, axis);
  const shifts = withBias(cell, new Float32Array(view.outputs));
  const staysZero = activated(cell, Float32Array.of(0))[0] === 0 && call.inputs.length === 1;
  const states = Float32Array.from({length: units}, (_, unit) => {
    const column = candidate * units + unit;
    const fed = sumInto(column, view, call.values[0]!, false);
    return staysZero && fed === 0 && shifts[column] === 0 && !recurrentView.isFed(column) ? 0 : NaN;
  });
  call.intake('recurrentKernel', axis, states, false, cell);
  return call.outputs.map(() => states);
}

/** Position by position; what is spread over all channels, or has channels along another axis, is not constant. */
function merged({inputs, outputs: [output], values}: ConstantCall, f: (a: number, b: number) => number): Constants {
  const aligned = inputs.map(({shape, axis}, i) => {
    const fits = axis + output!.shape.length - shape.length === output!.axis;
    return fits && values[i]!.length === output!.channels.length ? values[i]! : unknown(output!);
  });
  return aligned.reduce((sum, list) => sum.map((value, i) => f(value, list[i]!)));
}

function concatenation(call: ConstantCall): Constants[] {
  const {
    layer,
    inputs,
    outputs: [output],
    values,
  } = call;
  const at = fieldsOf(layer)['axis'] as number;
  if ((at < 0 ? at + output!.shape.length : at) !== output!.axis) {
    return [merged(call, (a, b) => (a === b ? a : NaN))];
  }
  return [
    Float32Array.from(
      inputs.flatMap(({axis, shape}, i) => [
        ...(axis === output!.axis
          ? values[i]!
          : unknown({channels: new Int32Array(shape[output!.axis] ?? 0)} as TracedTensor)),
      ]),
    ),
  ];
}

/** The layer's own rule says where values go, asked with numbers for channels of one value each in place of the channels. */
function rearranged({layer, inputs: [input], outputs, values}: ConstantCall): Constants[] {
  const numbers = new Map<string, number>();
  const valueOf: number[] = [];
  const channels = input!.channels.map((channel, i) => {
    const key = `${channel} ${values[0]![i]}`;
    if (!numbers.has(key)) numbers.set(key, valueOf.push(values[0]![i]!) - 1);
    return numbers.get(key)!;
  });
  const nothing = () => undefined;
  const asked: Partial<LayerUse> = {
    layer,
    inputs: [{...input!, channels}],
    outputShapes: outputs.map(({shape}) => shape),
    sized: nothing,
    refuse: () => [],
  };
  const [moved] = channelRuleOf(layer)!(asked as LayerUse);
  return moved?.axis === outputs[0]!.axis ? [Float32Array.from(moved.channels, number => valueOf[number]!)] : [];
}
