import type {Layer, LayerVariable} from '../../../tfjs-internals.js';
import type {TracedCall} from '../../../units/trace/channel-sweep.js';
import type {TracedTensor} from '../../../units/trace/layer-use.js';
import type {KernelView} from './kernel-view.js';

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
export type Constants = Float32Array;

/** A use of a layer, with the constants that come in. */
export interface ConstantCall extends TracedCall {
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

/** The value that channels have wherever they come in; NaN where that is not one, or not constant. */
export function valuesOfChannels(
  {inputs, values}: Pick<ConstantCall, 'inputs' | 'values'>,
  channels: Int32Array,
): Constants {
  const known = new Map<number, number>();
  inputs.forEach(({channels: own}, i) => {
    own.forEach((channel, position) => {
      const value = values[i]![position]!;
      known.set(channel, !known.has(channel) || known.get(channel) === value ? value : NaN);
    });
  });
  return Float32Array.from(channels, channel => known.get(channel) ?? NaN);
}

/** Says of a class what becomes of constants: one list for each output, or none where nothing is known. */
export type ConstantRule = (call: ConstantCall) => Constants[];

/** Nothing is known of a tensor. */
export function unknown({channels}: TracedTensor): Constants {
  return new Float32Array(channels.length).fill(NaN);
}
