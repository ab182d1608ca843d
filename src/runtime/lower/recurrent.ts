import type {GraphBuilder} from '../graph/graph-builder.js';
import {FUNCTIONS, type FunctionName, type Recurrent} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {convolved} from './convolve.js';
import {biasOf, unsupported, weightOf, wordOf, type LayerToLower, type Lowering} from './layer-to-lower.js';
import {START} from './moves.js';
import type {AxisOfKernel} from './windows.js';

const ONE: AxisOfKernel = {size: 1, stride: 1, dilation: 1, padding: 'valid'};
const GATES = {simple: 1, gru: 3, lstm: 4} as const;

const recurrent =
  (cell: Recurrent['cell']): Lowering =>
  (layer, inputs, graph) => {
    const {config} = layer;
    if (inputs.length > 1) throw unsupported(layer, 'it begins with a state');
    for (const option of ['returnState', 'stateful']) {
      if (config[option]) throw unsupported(layer, `its option \`${option}\` is true`);
    }
    return sequence(layer, cell, graph, inputs[0]!, Boolean(config['goBackwards']));
  };

/** What the input contributes to all gates is computed for all steps at once; then one step follows the other. */
function sequence(
  layer: LayerToLower,
  cell: Recurrent['cell'],
  graph: GraphBuilder,
  x: Value,
  backwards: boolean,
): Value {
  const {config} = layer;
  const gates = GATES[cell];
  const kernel = weightOf(layer, 'kernel');
  const units = kernel.shape[1]! / gates;
  const rounded = Math.ceil(units / 4) * 4;
  const wide = (values: Float32Array, rows: number) => withRoom(values, rows, gates, units, rounded);
  const weights = wide(kernel.values, x.channels);
  const bias = wide(biasOf(layer, gates * units), 1);
  const mixing = {kind: 'mixing', height: ONE, width: ONE, outputs: gates * rounded, weights} as const;
  const input = graph.copyOf(convolved(graph, x, mixing, {bias}));
  const square = new Float32Array(rounded * gates * rounded);
  square.set(wide(weightOf(layer, 'recurrent_kernel').values, units));
  const returnsSequences = Boolean(config['returnSequences']);
  const states = graph.add(returnsSequences ? [x.width, rounded] : [rounded], {
    kind: 'recurrent',
    input,
    cell,
    units: rounded,
    recurrent: square,
    backwards,
    returnsSequences,
    activation: functionOf(layer, 'activation', 'tanh'),
    recurrentActivation: functionOf(layer, 'recurrentActivation', 'hardSigmoid'),
  });
  return withoutRoom(graph, states, units);
}

/** Rows of gates, each gate with zeros behind it up to whole vectors. */
function withRoom(values: Float32Array, rows: number, gates: number, units: number, rounded: number): Float32Array {
  const wide = new Float32Array(rows * gates * rounded);
  for (let i = 0; i < rows * gates; i++) wide.set(values.subarray(i * units, (i + 1) * units), i * rounded);
  return wide;
}

function withoutRoom(graph: GraphBuilder, value: Value, units: number): Value {
  const loop = (count: number, step: object) => ({count, from: {...START, ...step}, to: {...START, ...step}});
  const loops = [loop(value.width, {x: 1}), loop(units, {channel: 1})];
  const pieces = [{input: value, from: START, to: START, loops}];
  return graph.add([...value.shape.slice(0, -1), units], {kind: 'move', pieces, hasZeros: false});
}

function functionOf(layer: LayerToLower, option: string, fallback: string): FunctionName {
  const given = layer.config[option] ?? fallback;
  const name = typeof given === 'object' ? (given as {className?: unknown}).className : given;
  const found = FUNCTIONS.find(known => known.toLowerCase() === wordOf(name, ''));
  if (found && !PARAMETRIC.includes(found)) return found;
  throw unsupported(layer, `its ${option} is ${JSON.stringify(name)}`);
}

const PARAMETRIC: readonly FunctionName[] = ['leaky', 'thresholded'];

export const RECURRENT_LAYERS: Readonly<Record<string, Lowering>> = {
  SimpleRNN: recurrent('simple'),
  GRU: recurrent('gru'),
  LSTM: recurrent('lstm'),
};
