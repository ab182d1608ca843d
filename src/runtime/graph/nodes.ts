import type {Value} from './value.js';
import type {Weights} from './weights.js';

/** Where an entry of a kernel reads: positions down and to the right of the output's, and the first of its channels. */
export interface Tap {
  readonly down: number;
  readonly right: number;
  readonly channel: number;
}

/** A kernel that mixes channels. Its weights are in the order of taps, inputs, outputs. */
export interface Mixing {
  readonly kind: 'mixing';
  readonly input: Value;
  readonly taps: readonly Tap[];
  /** How many channels each tap reads. */
  readonly inputs: number;
  readonly weights: Weights;
}

/** A kernel of one channel for each output, `floor(output / multiplier)`. Weights are in the order of taps, outputs. */
export interface Channelwise {
  readonly kind: 'channelwise';
  readonly input: Value;
  readonly taps: readonly Tap[];
  readonly multiplier: number;
  /** How far the input goes on from one output to the next. 2 only for all taps of a kernel of 3 x 3 or 5 x 5. */
  readonly stride: 1 | 2;
  readonly weights: Weights;
}

export type Term = Mixing | Channelwise;

/** `clamp(bias + sum of the terms)`: convolutions, dense layers, normalizations, sums and rectifiers, also merged. */
export interface Linear {
  readonly kind: 'linear';
  readonly layer: string;
  readonly output: Value;
  readonly terms: readonly Term[];
  readonly bias: Float32Array;
  readonly low: number;
  readonly high: number;
}

/** The positions over which a window moves along one axis. */
export interface Window {
  readonly size: number;
  readonly stride: number;
  /** How far before the image the first one begins. */
  readonly before: number;
}

/** The largest or the mean of each window; what is beside the image is not in it. */
export interface Pool {
  readonly kind: 'pool';
  readonly layer: string;
  readonly output: Value;
  readonly input: Value;
  readonly isMax: boolean;
  readonly down: Window;
  readonly right: Window;
}

/** The largest or the mean of all positions. */
export interface PoolAll {
  readonly kind: 'poolAll';
  readonly layer: string;
  readonly output: Value;
  readonly input: Value;
  readonly isMax: boolean;
}

/** The functions that kernels know, in the order of their numbers there. */
export const FUNCTIONS = [
  'sigmoid',
  'tanh',
  'elu',
  'selu',
  'softplus',
  'softsign',
  'swish',
  'mish',
  'gelu',
  'geluNew',
  'leaky',
  'thresholded',
  'linear',
  'relu',
  'relu6',
  'hardSigmoid',
] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** A function of each number. */
export interface MapEach {
  readonly kind: 'map';
  readonly layer: string;
  readonly output: Value;
  readonly input: Value;
  readonly apply: FunctionName;
  readonly alpha: number;
}

/** The combinations that kernels know, in the order of their numbers there. */
export const COMBINATIONS = ['add', 'subtract', 'multiply', 'maximum', 'minimum', 'prelu'] as const;
export type CombinationName = (typeof COMBINATIONS)[number];

/** A function of two numbers; axes of size 1 are spread. */
export interface Combine {
  readonly kind: 'combine';
  readonly layer: string;
  readonly output: Value;
  readonly inputs: readonly [Value, Value];
  readonly apply: CombinationName;
}

/** Softmax over the channels of each position, or its logarithm. */
export interface Softmax {
  readonly kind: 'softmax';
  readonly layer: string;
  readonly output: Value;
  readonly input: Value;
  readonly isLog: boolean;
}

/**
 * The channels of each position, `(x - mean) / sqrt(variance + epsilon)`, or over their length,
 * `x / sqrt(max(sum of x^2, epsilon))`.
 */
export interface Normalize {
  readonly kind: 'normalize';
  readonly layer: string;
  readonly output: Value;
  readonly input: Value;
  readonly by: 'deviation' | 'length';
  readonly epsilon: number;
}

/** Products of the channels at each position of the first with those at each of the second, which become channels. */
export interface Dot {
  readonly kind: 'dot';
  readonly layer: string;
  readonly output: Value;
  readonly inputs: readonly [Value, Value];
}

/** A place in a value, or a step through it. */
export interface Place {
  readonly y: number;
  readonly x: number;
  readonly channel: number;
}

/** Numbers that are copied: from a place of the input to one of the output, and on along loops. */
export interface Piece {
  readonly input: Value;
  readonly from: Place;
  readonly to: Place;
  readonly loops: readonly {readonly count: number; readonly from: Place; readonly to: Place}[];
}

/** Copies: reshaping, padding, cropping, concatenation, the phases of strides. */
export interface Move {
  readonly kind: 'move';
  readonly layer: string;
  readonly output: Value;
  readonly pieces: readonly Piece[];
  /** Whether some of the output is in no piece, and is zero. */
  readonly hasZeros: boolean;
}

/** Rows of a table, by numbers. */
export interface LookUp {
  readonly kind: 'lookUp';
  readonly layer: string;
  readonly output: Value;
  readonly input: Value;
  readonly rows: number;
  readonly table: Float32Array;
}

/** A recurrent layer. Its input is what the input of the layer contributes to the gates, one behind the other. */
export interface Recurrent {
  readonly kind: 'recurrent';
  readonly layer: string;
  readonly output: Value;
  readonly input: Value;
  readonly cell: 'simple' | 'gru' | 'lstm';
  /** A multiple of 4. */
  readonly units: number;
  /** Units by gates by units. */
  readonly recurrent: Float32Array;
  readonly activation: FunctionName;
  readonly recurrentActivation: FunctionName;
  readonly backwards: boolean;
  readonly returnsSequences: boolean;
  /** The states that it begins with; none for zeros, or for those that it ended with if it is stateful. */
  readonly initial: readonly Value[];
  readonly isStateful: boolean;
  /** Whether the states at the end come behind the outputs. */
  readonly returnsState: boolean;
  /** Steps where it is zero are left out. */
  readonly mask: Value | undefined;
}

/** What the kernels do not know: tf.js computes it from numbers that lie as in its tensors. */
export interface Foreign {
  readonly kind: 'foreign';
  readonly layer: string;
  /** All outputs of the layer, one behind the other. */
  readonly output: Value;
  readonly inputs: readonly Value[];
  readonly by: ForeignLayer;
}

/** A layer as tf.js computes it. */
export interface ForeignLayer {
  /** Its inputs as tensors, the batch included. */
  readonly inputs: readonly {readonly shape: readonly number[]; readonly dtype: string}[];
  /** Those of its outputs, the batch included. */
  readonly outputShapes: readonly (readonly number[])[];
  /** Takes tensors, and gives some. */
  apply(inputs: readonly unknown[]): readonly unknown[];
}

export type Node =
  Linear | Pool | PoolAll | MapEach | Combine | Softmax | Normalize | Dot | Move | LookUp | Recurrent | Foreign;

/** A model as nodes, in an order in which they can be computed. */
export interface Graph {
  /** As users hand them over: numbers of a channel do not lie side by side, those of a position do. */
  readonly inputs: readonly Value[];
  /** As users get them: likewise. */
  readonly outputs: readonly Value[];
  /** Values that are the same in each run. */
  readonly constants: ReadonlyMap<Value, Float32Array>;
  readonly nodes: readonly Node[];
}

/** What a node reads, each once. */
export function inputsOf(node: Node): readonly Value[] {
  switch (node.kind) {
    case 'linear':
      return [...new Set(node.terms.map(({input}) => input))];
    case 'move':
      return [...new Set(node.pieces.map(({input}) => input))];
    case 'recurrent':
      return [...new Set([node.input, ...node.initial, ...(node.mask ? [node.mask] : [])])];
    case 'combine':
    case 'dot':
    case 'foreign':
      return [...new Set(node.inputs)];
    default:
      return [node.input];
  }
}
