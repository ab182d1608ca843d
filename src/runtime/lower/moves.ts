import {sizeOf} from '../../math/size-of.js';
import {wholePiece, type GraphBuilder} from '../graph/graph-builder.js';
import type {Piece, Place} from '../graph/nodes.js';
import {sizeOfValue, valueOf, type Value} from '../graph/value.js';

export const START: Place = {y: 0, x: 0, channel: 0};
const AXES = ['channel', 'x', 'y'] as const;

/** A step along an axis of a shape, which are counted from the first. */
export function alongAxis(rank: number, axis: number, step: number): Place {
  return {...START, [AXES[rank - 1 - axis]!]: step};
}

/** The same numbers in another shape. */
export function reshaped(graph: GraphBuilder, value: Value, shape: readonly number[]): Value {
  const piece = {input: value, from: START, to: START};
  const loops = sharedLoops(threeAxes(value.shape), threeAxes(shape));
  if (loops) return graph.add(shape, {kind: 'move', pieces: [{...piece, loops}], hasZeros: false});
  return reshaped(graph, reshaped(graph, value, [sizeOfValue(value)]), shape);
}

/** A part of a vector, as a value of its own. */
export function takenOut(graph: GraphBuilder, input: Value, first: number, shape: readonly number[]): Value {
  const from = {...START, channel: first};
  const loops = sharedLoops([sizeOf(shape)], threeAxes(shape))!;
  return graph.add(shape, {kind: 'move', pieces: [{input, from, to: START, loops}], hasZeros: false});
}

/** A shape whose first axes are one, if there are more than three. */
function threeAxes(shape: readonly number[]): readonly number[] {
  const {height, width, channels} = valueOf(shape);
  return shape.length > 3 ? [height, width, channels] : shape;
}

/** Loops over the numbers of two shapes; undefined if an axis of the one ends within one of the other. */
function sharedLoops(from: readonly number[], to: readonly number[]): Piece['loops'] | undefined {
  const loops: Piece['loops'][0][] = [];
  const [a, b] = [new AxisWalk(from), new AxisWalk(to)];
  while (a.left > 1 || b.left > 1) {
    const [count, larger] = [Math.min(a.left, b.left), Math.max(a.left, b.left)];
    if (larger % count !== 0) return undefined;
    loops.unshift({count, from: a.take(count), to: b.take(count)});
  }
  return loops;
}

/** Walks over the axes of a shape, the last one first. */
class AxisWalk {
  readonly #shape: readonly number[];
  #axis: number;
  #step = 1;
  /** How much is left of the axis. */
  left: number;

  constructor(shape: readonly number[]) {
    this.#shape = shape;
    this.#axis = shape.length - 1;
    this.left = shape.at(-1)!;
    this.#skip();
  }

  take(count: number): Place {
    const step = alongAxis(this.#shape.length, this.#axis, this.#step);
    this.#step *= count;
    this.left /= count;
    this.#skip();
    return step;
  }

  #skip(): void {
    while (this.left === 1 && this.#axis > 0) {
      this.#axis--;
      this.#step = 1;
      this.left = this.#shape[this.#axis]!;
    }
  }
}

/** Moves axes: axis i of the result is `axes[i]` of the value. */
export function permuted(graph: GraphBuilder, value: Value, axes: readonly number[]): Value {
  const rank = axes.length;
  const loops = axes.map((axis, i) => {
    return {count: value.shape[axis]!, from: alongAxis(rank, axis, 1), to: alongAxis(rank, i, 1)};
  });
  const pieces = [{input: value, from: START, to: START, loops}];
  return graph.add(
    axes.map(axis => value.shape[axis]!),
    {kind: 'move', pieces, hasZeros: false},
  );
}

/** Lowers something along the last axis instead of another one. */
export function withAxisLast(graph: GraphBuilder, value: Value, axis: number, lower: (value: Value) => Value): Value {
  const rank = value.shape.length;
  if (axis === rank - 1) return lower(value);
  const there = Array.from({length: rank}, (_, i) => (i < axis ? i : i === rank - 1 ? axis : i + 1));
  const back = there.map((_, i) => there.indexOf(i));
  return permuted(graph, lower(permuted(graph, value, there)), back);
}

/** Values one behind the other along an axis. */
export function concatenated(graph: GraphBuilder, values: readonly Value[], axis: number): Value {
  const [first] = values as [Value];
  const rank = first.shape.length;
  let at = 0;
  const pieces = values.map(value => {
    const piece = wholePiece(value, alongAxis(rank, axis, at));
    at += value.shape[axis]!;
    return piece;
  });
  const shape = first.shape.map((size, i) => (i === axis ? at : size));
  return graph.add(shape, {kind: 'move', pieces, hasZeros: false});
}

/** A value with zeros around it; less than none are left out. */
export function padded(
  graph: GraphBuilder,
  value: Value,
  [top, bottom]: readonly [number, number],
  [left, right]: readonly [number, number],
): Value {
  const {height, width, channels} = value;
  const shape = [height + top + bottom, width + left + right, channels];
  const inside = (size: number, before: number, after: number) => size + Math.min(0, before) + Math.min(0, after);
  const step = (place: Partial<Place>) => ({from: {...START, ...place}, to: {...START, ...place}});
  const piece: Piece = {
    input: value,
    from: {y: Math.max(0, -top), x: Math.max(0, -left), channel: 0},
    to: {y: Math.max(0, top), x: Math.max(0, left), channel: 0},
    loops: [
      {count: inside(height, top, bottom), ...step({y: 1})},
      {count: inside(width, left, right), ...step({x: 1})},
      {count: channels, ...step({channel: 1})},
    ],
  };
  const hasZeros = [top, bottom, left, right].some(count => count > 0);
  const output = graph.add(shape, {kind: 'move', pieces: [piece], hasZeros});
  if (Math.min(top, bottom, left, right) >= 0) graph.paddings.set(output, {input: value, top, left});
  return output;
}
