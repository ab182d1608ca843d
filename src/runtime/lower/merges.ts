import type {GraphBuilder} from '../graph/graph-builder.js';
import type {CombinationName} from '../graph/nodes.js';
import {areAlike, type Value} from '../graph/value.js';
import {axisOf, type Lowering} from './layer-to-lower.js';
import {concatenated} from './moves.js';

/** Missing axes come first, and axes of size 1 are spread. */
function spreadShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const size = (shape: readonly number[], i: number) => shape[i - rank + shape.length] ?? 1;
  return Array.from({length: rank}, (_, i) => Math.max(size(a, i), size(b, i)));
}

export function combined(graph: GraphBuilder, inputs: readonly Value[], apply: CombinationName): Value {
  return inputs.reduce((a, b) => graph.add(spreadShape(a.shape, b.shape), {kind: 'combine', inputs: [a, b], apply}));
}

/** A sum of equal shapes may become part of what is summed. */
export function summed(graph: GraphBuilder, inputs: readonly Value[]): Value {
  const isPlain = inputs.every(value => areAlike(value, inputs[0]!));
  return isPlain ? graph.sum(inputs, inputs.map(() => 1)) : combined(graph, inputs, 'add'); // prettier-ignore
}

const add: Lowering = (_, inputs, graph) => summed(graph, inputs);

const concatenate: Lowering = (layer, inputs, graph) =>
  concatenated(graph, inputs, axisOf(layer, inputs[0]!.shape.length));

export const MERGE_LAYERS: Readonly<Record<string, Lowering>> = {
  Add: add,
  Concatenate: concatenate,
};
