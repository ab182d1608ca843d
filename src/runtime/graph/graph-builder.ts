import type {Graph, Linear, Node, Piece, Place, Term} from './nodes.js';
import {areAlike, valueOf, type Value} from './value.js';
import {Weights} from './weights.js';

const HERE = {down: 0, right: 0, channel: 0};
const START: Place = {y: 0, x: 0, channel: 0};

type Draft<N extends Node = Node> = N extends Node ? Omit<N, 'layer' | 'output'> : never;

/** A graph in the making. Nodes get the name of the layer that is being lowered. */
export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #inputs: Value[] = [];
  readonly #constants = new Map<Value, Float32Array>();
  /** What values are made of that are others with zeros around them, and how many there are before those. */
  readonly paddings = new Map<Value, {readonly input: Value; readonly top: number; readonly left: number}>();
  /** Which steps of values count: the others are zero in the mask. That of merged values is lost, as tf.js has none. */
  readonly masks = new Map<Value, Value | 'lost'>();
  /** The layer that is being lowered. */
  layer = 'input';

  /** An input as users hand it over, and a copy of it that kernels can read. */
  input(shape: readonly number[]): Value {
    const given = valueOf(shape);
    this.#inputs.push(given);
    return this.copyOf(given);
  }

  constant(shape: readonly number[], values: Float32Array): Value {
    const value = valueOf(shape);
    this.#constants.set(value, values);
    return value;
  }

  /** @throws RangeError if nothing is left of an input that is too small for a layer. */
  add(shape: readonly number[], draft: Draft): Value {
    if (!shape.every(size => size > 0)) {
      throw new RangeError(
        `compile expects larger inputs: layer "${this.layer}" would make [${shape.join()}] of these`,
      );
    }
    const output = valueOf(shape);
    this.#nodes.push({...draft, layer: this.layer, output});
    return output;
  }

  linear(shape: readonly number[], terms: readonly Term[], more: Partial<Pick<Linear, 'bias' | 'low' | 'high'>> = {}) {
    const bias = more.bias ?? new Float32Array(shape.at(-1)!);
    return this.add(shape, {kind: 'linear', terms, low: -Infinity, high: Infinity, ...more, bias});
  }

  /** `scale * value + shift`, for each channel. */
  scaled(value: Value, scale: ArrayLike<number>, shift?: Float32Array): Value {
    const weights = Float32Array.from(scale);
    return this.linear(value.shape, [channelwise(value, weights)], shift && {bias: shift});
  }

  clamped(value: Value, low: number, high: number): Value {
    const ones = new Float32Array(value.channels).fill(1);
    return this.linear(value.shape, [channelwise(value, ones)], {low, high});
  }

  /** The sum of values of one shape, each times a factor. */
  sum(values: readonly Value[], factors: readonly number[]): Value {
    const terms = values.map((value, i) => channelwise(value, new Float32Array(value.channels).fill(factors[i]!)));
    return this.linear(values[0]!.shape, terms);
  }

  copyOf(value: Value): Value {
    return this.add(value.shape, {kind: 'move', pieces: [wholePiece(value)], hasZeros: false});
  }

  /** The graph that ends in some values. */
  graph(outputs: readonly Value[]): Graph {
    this.layer = 'output';
    return {
      inputs: this.#inputs,
      outputs: outputs.map(value => this.copyOf(value)),
      constants: this.#constants,
      nodes: this.#nodes,
    };
  }
}

/** Each channel of a value times a factor. */
export function channelwise(input: Value, weights: Float32Array): Term {
  return {kind: 'channelwise', input, taps: [HERE], multiplier: 1, stride: 1, weights: Weights.of(weights)};
}

/** All of a value, to the same place. */
export function wholePiece(input: Value, to: Place = START): Piece {
  const loop = (count: number, step: Partial<Place>) => ({
    count,
    from: {...START, ...step},
    to: {...START, ...step},
  });
  const loops = [loop(input.height, {y: 1}), loop(input.width, {x: 1}), loop(input.channels, {channel: 1})];
  return {input, from: START, to, loops};
}

/** Whether a node only copies a value as it is. */
export function isCopy(node: Node): node is Node & {kind: 'move'} {
  if (node.kind !== 'move' || node.pieces.length !== 1 || node.hasZeros) return false;
  const [piece] = node.pieces as [Piece];
  const steps = piece.loops.every(({from, to}) => from.y === to.y && from.x === to.x && from.channel === to.channel);
  return steps && areAlike(piece.input, node.output);
}
