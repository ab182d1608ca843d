import type {GraphBuilder} from '../graph/graph-builder.js';
import type {Value} from '../graph/value.js';

/** Layers whose outputs have the mask of their input. */
const PASSING = new Set([
  ...['Activation', 'ReLU', 'PReLU', 'Dense', 'BatchNormalization', 'LayerNormalization'],
  ...['TimeDistributed', 'Dropout', 'SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout'],
]);
const MERGING = new Set(['Add', 'Average', 'Multiply', 'Maximum', 'Minimum']);

/** Gives the output of a layer its mask. Recurrent layers, Masking and Embedding do so by themselves. */
export function passMask(graph: GraphBuilder, className: string, inputs: readonly Value[], output: Value): void {
  const masks = inputs.flatMap(input => graph.masks.get(input) ?? []);
  if (masks.length === 0) return;
  if (PASSING.has(className)) graph.masks.set(output, masks[0]!);
  else if (MERGING.has(className)) graph.masks.set(output, 'lost');
  else if (className === 'Concatenate')
    graph.masks.set(
      output,
      masks.reduce((a, b) => both(graph, a, b)),
    );
}

/** The error for a layer that needs a mask which tf.js loses. */
export function lostMask({name}: {name: string}): TypeError {
  return new TypeError(`compile can't follow the masks of merged values to layer "${name}"`);
}

type Mask = Value | 'lost';

function both(graph: GraphBuilder, a: Mask, b: Mask): Mask {
  if (a === b || a === 'lost') return a;
  return b === 'lost' ? b : graph.add(a.shape, {kind: 'combine', inputs: [a, b], apply: 'minimum'});
}
