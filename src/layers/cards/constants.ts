import * as tf from '@tensorflow/tfjs-core';
import {fieldsOf, valuesNow, type Layer, type LayerVariable} from '../../tfjs-internals.js';
import type {KernelView} from './kernel-view.js';
import type {TracedTensor} from './layer-use.js';

/** The value of each channel of a tensor, if it is the same at every position and for every example; else NaN. */
export type Constants = Float32Array;

/** The constants that come into a kernel. */
export interface KernelIntake {
  /** The layer's field that holds the kernel. */
  readonly field: string;
  /** The axis of the kernel that its inputs run along. */
  readonly inputAxis: number;
  readonly values: Constants;
  /** Whether moving a constant into the bias changes no output: nothing is padded around it. */
  readonly absorbs: boolean;
  /** The layer with the kernel, if it is inside the called one. */
  readonly layer?: Layer;
}

/** A use of a layer, with the constants that come in. */
export interface ConstantCall {
  readonly layer: Layer;
  readonly inputs: readonly TracedTensor[];
  readonly outputs: readonly TracedTensor[];
  /** The constants of each input. */
  readonly values: readonly Constants[];
  /** Records the constants that come into a kernel, and returns a view of the kernel. */
  readonly intake: (intake: KernelIntake) => KernelView;
  /** The constants of any earlier tensor. */
  readonly valuesOf: (tensor: TracedTensor) => Constants;
}

/** Computes the constants of each output from those of the inputs; an empty list if nothing is known. */
export type ConstantRule = (call: ConstantCall) => Constants[];

/** All NaN: nothing is known about the tensor. */
export function unknown({channels}: Pick<TracedTensor, 'channels'>): Constants {
  return new Float32Array(channels.length).fill(NaN);
}

/** The value that channels have at all inputs; NaN if it differs between them or is not constant. */
export function valuesOfChannels(
  {inputs, values}: Pick<ConstantCall, 'inputs' | 'values'>,
  channels: Int32Array,
): Constants {
  const known = new Map<number, number>();
  inputs.forEach(({channels: own}, i) => {
    own.forEach((channel, position) => {
      note(known, channel, values[i]![position]!);
    });
  });
  return Float32Array.from(channels, channel => known.get(channel) ?? NaN);
}

/** For layers that move or drop values: each output channel is one of the input channels. */
export function carried(call: ConstantCall): Constants[] {
  return call.outputs.map(({channels}) => valuesOfChannels(call, channels));
}

/**
 * As {@link carried}, where an output channel may also hold values of channels that end in the layer: of those that the
 * layer joins with it, as a pixel shuffle does. It is constant if all of them hold the same.
 *
 * @param setOf the number of the set that the layer joins a channel in.
 */
export function carriedTogether(call: ConstantCall, setOf: (channel: number) => number): Constants[] {
  const leaving = new Set(call.outputs.flatMap(({channels}) => [...channels]));
  const ended = new Map<number, number>();
  call.inputs.forEach(({channels}, i) => {
    channels.forEach((channel, position) => {
      if (!leaving.has(channel)) note(ended, setOf(channel), call.values[i]![position]!);
    });
  });
  const ofSet = (channel: number, value: number) => ended.get(setOf(channel)) ?? value;
  return carried(call).map((values, i) => {
    const {channels} = call.outputs[i]!;
    return values.map((value, position) => (ofSet(channels[position]!, value) === value ? value : NaN));
  });
}

/** Notes one of the values of a channel: NaN if they differ. */
function note(known: Map<number, number>, channel: number, value: number): void {
  known.set(channel, !known.has(channel) || known.get(channel) === value ? value : NaN);
}

/** For layers that return constants unchanged. */
export function kept({values}: ConstantCall): Constants[] {
  return [values[0]!];
}

/** Adds the layer's bias, if it has one. */
export function withBias(layer: Layer, values: Constants): Constants {
  const bias = fieldsOf(layer)['bias'] as LayerVariable | null | undefined;
  const added = bias && valuesNow(() => bias.read());
  return added ? values.map((value, i) => value + added[i]!) : values;
}

/** Applies a function to each value. NaN stays NaN: some backends turn it into a number. */
export function computed(values: Constants, f: (x: tf.Tensor) => tf.Tensor): Constants {
  if (values.every(Number.isNaN)) return values;
  const numbers = values.map(value => (Number.isNaN(value) ? 0 : value));
  const results = valuesNow(() => f(tf.tensor2d(numbers, [1, numbers.length])));
  return results.map((result, i) => (Number.isNaN(values[i]!) ? NaN : result));
}
