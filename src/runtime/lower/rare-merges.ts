import type {CombinationName} from '../graph/nodes.js';
import type {Lowering} from './layer-to-lower.js';
import {combined, summed} from './merges.js';

const merge =
  (apply: CombinationName): Lowering =>
  (_, inputs, graph) =>
    combined(graph, inputs, apply);

const average: Lowering = (_, inputs, graph) => {
  const sum = summed(graph, inputs);
  return graph.scaled(sum, new Float32Array(sum.channels).fill(1 / inputs.length));
};

export const RARE_MERGE_LAYERS: Readonly<Record<string, Lowering>> = {
  Average: average,
  Multiply: merge('multiply'),
  Maximum: merge('maximum'),
  Minimum: merge('minimum'),
};
