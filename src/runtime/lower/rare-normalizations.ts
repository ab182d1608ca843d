import type {GraphBuilder} from '../graph/graph-builder.js';
import type {Normalize} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {axisOf, unsupported, weightOf, type LayerToLower, type Lowering} from './layer-to-lower.js';
import {permuted, reshaped} from './moves.js';

/** What tf.js takes for the least square of a length, so that it does not divide by zero. */
const LEAST_SQUARE = 1e-7;

/** `gamma (x - mean) / sqrt(variance + epsilon) + beta`, of the numbers along some axes together. */
const layerNorm: Lowering = (layer, [x], graph) => {
  const {config} = layer;
  const {shape} = x!;
  if (shape.length > 3) throw unsupported(layer, `its input has ${shape.length} axes beside the batch`);
  const axes = new Set([config['axis'] ?? -1].flat().map(axis => axisAt(layer, axis, shape.length)));
  const gamma = config['scale'] === false ? undefined : weightOf(layer, 'gamma').values;
  const beta = config['center'] === false ? undefined : weightOf(layer, 'beta').values;
  const epsilon = (config['epsilon'] as number | null | undefined) ?? 1e-3;
  return alongChannels(graph, x!, axes, value => {
    const normal = normalized(graph, value, 'deviation', epsilon);
    if (!gamma && !beta) return normal;
    return graph.scaled(normal, gamma ?? new Float32Array(value.channels).fill(1), beta);
  });
};

function normalized(graph: GraphBuilder, input: Value, by: Normalize['by'], epsilon: number): Value {
  return graph.add(input.shape, {kind: 'normalize', input, by, epsilon});
}

/** Lowers something along some axes together, in their order, as if these were the last one. */
function alongChannels(
  graph: GraphBuilder,
  value: Value,
  axes: ReadonlySet<number>,
  lower: (value: Value) => Value,
): Value {
  const all = value.shape.map((_, i) => i);
  const others = all.filter(axis => !axes.has(axis));
  const there = [...others, ...all.filter(axis => axes.has(axis))];
  const moved = moveAxes(graph, value, there);
  const shape = [...others.map(axis => value.shape[axis]!), -1];
  shape[others.length] = all.reduce((size, axis) => (axes.has(axis) ? size * value.shape[axis]! : size), 1);
  const lowered = lower(axes.size > 1 ? reshaped(graph, moved, shape) : moved);
  const back = all.map(axis => there.indexOf(axis));
  return moveAxes(graph, axes.size > 1 ? reshaped(graph, lowered, moved.shape) : lowered, back);
}

function moveAxes(graph: GraphBuilder, value: Value, axes: readonly number[]): Value {
  return axes.every((axis, i) => axis === i) ? value : permuted(graph, value, axes);
}

/** An axis of those of a layer, of a value without the batch. */
function axisAt(layer: LayerToLower, axis: unknown, rank: number): number {
  return axisOf({...layer, config: {axis}}, rank);
}

/** `out[n, m] = sum over k of a[n, k] b[m, k]`; of vectors, the sum of the products. */
const dot: Lowering = (layer, inputs, graph) => {
  const {axes, normalize} = layer.config as {axes: number | readonly number[]; normalize?: boolean};
  if (inputs.some(({shape}) => shape.length > 2)) throw unsupported(layer, 'an input has three axes beside the batch');
  const [a, b] = inputs.map((value, i) => {
    const axis = axisAt(layer, [axes].flat().at(i) ?? axes, value.shape.length);
    const rows = axis < value.shape.length - 1 ? permuted(graph, value, [1, 0]) : value;
    return normalize ? normalized(graph, rows, 'length', LEAST_SQUARE) : rows;
  }) as [Value, Value];
  const left = [a, b].flatMap(({shape}) => shape.slice(0, -1));
  // Of a matrix and a vector, what is left is a vector of the rows.
  const ordered: [Value, Value] = b.shape.length < a.shape.length ? [b, a] : [a, b];
  return graph.add(left.length > 0 ? left : [1], {kind: 'dot', inputs: ordered});
};

export const RARE_NORMALIZATION_LAYERS: Readonly<Record<string, Lowering>> = {
  LayerNormalization: layerNorm,
  Dot: dot,
};
