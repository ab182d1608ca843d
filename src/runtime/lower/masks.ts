import type {GraphBuilder} from '../graph/graph-builder.js';
import type {Value} from '../graph/value.js';
import {unsupported, type Lowering} from './layer-to-lower.js';
import {reshaped} from './moves.js';

/** So large that it makes something of at least 1 of any number but 0, if it is multiplied twice. */
const HUGE = 1e30;
const ONE_BY_ONE = {size: 1, stride: 1, before: 0};

/** `x m`, where `m` is 1 for steps with a number that is not the mask value, else 0. */
const masking: Lowering = (layer, [x], graph) => {
  if (x!.shape.length !== 2) throw unsupported(layer, `its input has ${x!.shape.length} axes beside the batch`);
  const {width: steps, channels} = x!;
  const fill = (value: number) => new Float32Array(channels).fill(value);
  const away = graph.scaled(x!, fill(1), fill(-((layer.config['maskValue'] as number | null | undefined) ?? 0)));
  const distance = graph.add(x!.shape, {
    kind: 'combine',
    inputs: [away, graph.scaled(away, fill(-1))],
    apply: 'maximum',
  });
  const input = reshaped(graph, distance, [steps, channels, 1]);
  const right = {size: channels, stride: 1, before: 0};
  const largest = graph.add([steps, 1, 1], {kind: 'pool', input, isMax: true, down: ONE_BY_ONE, right});
  const mask = oneIfAny(graph, oneIfAny(graph, largest, Infinity), 1);
  const masked = graph.add(x!.shape, {
    kind: 'combine',
    inputs: [x!, reshaped(graph, mask, [steps, 1])],
    apply: 'multiply',
  });
  graph.masks.set(masked, reshaped(graph, mask, [steps]));
  return masked;
};

function oneIfAny(graph: GraphBuilder, value: Value, most: number): Value {
  return graph.clamped(graph.scaled(value, [HUGE]), 0, most);
}

/** Layers whose outputs have the mask of their input. */
const PASSING = new Set([
  ...['Activation', 'ReLU', 'PReLU', 'Dense', 'BatchNormalization', 'TimeDistributed'],
  ...['Dropout', 'SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout'],
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

export const MASK_LAYERS: Readonly<Record<string, Lowering>> = {Masking: masking};
