import type {GraphBuilder} from '../graph/graph-builder.js';
import type {Linear, Piece, Tap, Term} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {Weights} from '../graph/weights.js';
import {START} from './moves.js';
import {tapsAlong, windowsAlong, type AxisOfKernel, type AxisTaps} from './windows.js';

/** A kernel that moves over an image: each tap of it holds `inputs x outputs` weights, or one for each output. */
export interface Kernel {
  readonly kind: Term['kind'];
  readonly height: AxisOfKernel;
  readonly width: AxisOfKernel;
  readonly outputs: number;
  readonly weights: Weights;
}

/** A convolution: the sum over the taps of a kernel. Strides become phases: every so-manieth line and column. */
export function convolved(
  graph: GraphBuilder,
  given: Value,
  kernelOfGiven: Kernel,
  more: Partial<Pick<Linear, 'bias'>>,
  shape?: readonly number[],
): Value {
  const {input, kernel} = withoutPadding(graph, given, kernelOfGiven);
  const [down, right] = [tapsAlong(input.height, kernel.height), tapsAlong(input.width, kernel.width)];
  const pairs = down.taps.flatMap(y => right.taps.map(x => ({y, x})));
  const stride = canStride(input, kernel, pairs.length) ? 2 : 1;
  const phases = phasesOf(pairs.map(({y, x}) => `${y.phase},${x.phase}`));
  const isWhole = stride === 2 || kernel.height.stride * kernel.width.stride === 1;
  const phased = isWhole ? input : split(graph, input, kernel, phases);
  const taps = pairs.map(({y, x}): Tap => {
    if (stride === 2) return {down: 2 * y.shift + y.phase, right: 2 * x.shift + x.phase, channel: 0};
    const phase = phases.indexOf(`${y.phase},${x.phase}`);
    return {down: y.shift, right: x.shift, channel: phased === input ? 0 : phase * input.channels};
  });
  const kept = pairs.map(({y, x}) => y.index * kernel.width.size + x.index);
  const weights = weightsOfTaps(kernel, kept);
  const term: Term =
    kernel.kind === 'mixing'
      ? {kind: 'mixing', input: phased, taps, inputs: input.channels, weights}
      : {kind: 'channelwise', input: phased, taps, multiplier: kernel.outputs / input.channels, stride, weights};
  return graph.linear(shape ?? outputShape(input, down, right, kernel.outputs), [term], more);
}

/** The kernel reads beside the image what a layer before it would put there. */
function withoutPadding(graph: GraphBuilder, value: Value, kernel: Kernel): {input: Value; kernel: Kernel} {
  const padding = graph.paddings.get(value);
  if (!padding) return {input: value, kernel};
  const {input, top, left} = padding;
  const moved = (axis: AxisOfKernel, length: number, zeros: number): AxisOfKernel => {
    const {outputs, before} = windowsAlong(length, axis);
    return {...axis, padding: {outputs, before: before + zeros}};
  };
  const [height, width] = [moved(kernel.height, value.height, top), moved(kernel.width, value.width, left)];
  return {input, kernel: {...kernel, height, width}};
}

/** Whether there is a kernel that reads every other line and column by itself. */
function canStride({channels}: Value, {kind, height, width, outputs}: Kernel, taps: number): boolean {
  const isHalving = height.stride === 2 && width.stride === 2 && height.dilation * width.dilation === 1;
  const {size} = height;
  const isWhole = width.size === size && taps === size ** 2;
  return kind === 'channelwise' && outputs === channels && isHalving && isWhole && (size === 3 || size === 5);
}

function outputShape({shape}: Value, down: AxisTaps, right: AxisTaps, outputs: number): number[] {
  return shape.length === 3 ? [down.outputs, right.outputs, outputs] : [right.outputs, outputs];
}

function phasesOf(keys: readonly string[]): string[] {
  return [...new Set(keys)];
}

/** The weights of the taps that are left. */
function weightsOfTaps({weights, height, width}: Kernel, kept: readonly number[]): Weights {
  const size = weights.length / (height.size * width.size);
  if (kept.length * size === weights.length) return weights;
  const left = new Float32Array(kept.length * size);
  kept.forEach((tap, i) => left.set(weights.values.subarray(tap * size, (tap + 1) * size), i * size));
  return Weights.of(left);
}

/** The phases of an image, as channels one behind the other. */
function split(graph: GraphBuilder, input: Value, {height, width}: Kernel, phases: readonly string[]): Value {
  const {channels} = input;
  const size = (of: number, stride: number, phase: number) => Math.max(0, Math.ceil((of - phase) / stride));
  const shape = [size(input.height, height.stride, 0), size(input.width, width.stride, 0), channels * phases.length];
  const pieces = phases.map((key, i): Piece => {
    const [y, x] = key.split(',').map(Number) as [number, number];
    return {
      input,
      from: {y, x, channel: 0},
      to: {...START, channel: i * channels},
      loops: [
        {count: size(input.height, height.stride, y), from: {...START, y: height.stride}, to: {...START, y: 1}},
        {count: size(input.width, width.stride, x), from: {...START, x: width.stride}, to: {...START, x: 1}},
        {count: channels, from: {...START, channel: 1}, to: {...START, channel: 1}},
      ],
    };
  });
  const hasZeros = pieces.some(({loops}) => loops[0]!.count < shape[0]! || loops[1]!.count < shape[1]!);
  return graph.add(shape, {kind: 'move', pieces, hasZeros});
}
