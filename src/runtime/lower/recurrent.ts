import type {GraphBuilder} from '../graph/graph-builder.js';
import {FUNCTIONS, type FunctionName, type Recurrent} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {convolved} from './convolve.js';
import {biasOf, unsupported, weightOf, wordOf, type LayerToLower, type Lowering} from './layer-to-lower.js';
import {concatenated, START} from './moves.js';
import type {AxisOfKernel} from './windows.js';

const ONE: AxisOfKernel = {size: 1, stride: 1, dilation: 1, padding: 'valid'};
const GATES = {simple: 1, gru: 3, lstm: 4} as const;

const CELLS: Readonly<Record<string, Recurrent['cell']>> = {SimpleRNN: 'simple', GRU: 'gru', LSTM: 'lstm'};

const recurrent =
  (cell: Recurrent['cell']): Lowering =>
  (layer, inputs, graph) => {
    if (inputs.length > 1) throw unsupported(layer, 'it begins with a state');
    return lowerCell(layer, cell, graph, inputs[0]!);
  };

function lowerCell(layer: LayerToLower, cell: Recurrent['cell'], graph: GraphBuilder, x: Value): Value {
  for (const option of ['returnState', 'stateful']) {
    if (layer.config[option]) throw unsupported(layer, `its option \`${option}\` is true`);
  }
  return sequence(layer, cell, graph, x);
}

/** What the input contributes to all gates is computed for all steps at once; then one step follows the other. */
function sequence(layer: LayerToLower, cell: Recurrent['cell'], graph: GraphBuilder, x: Value): Value {
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
    backwards: Boolean(config['goBackwards']),
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

/** Beside the layer one that goes the other way, and both results merged. */
const bidirectional: Lowering = (layer, [x], graph) => {
  const {config, weightsIn} = layer;
  const {className, config: options} = config['layer'] as Pick<LayerToLower, 'className' | 'config'>;
  const cell = CELLS[className];
  if (!cell) throw unsupported(layer, `it holds a ${className}`);
  const goBackwards = !options['goBackwards'];
  const inner = (way: string, more = {}): LayerToLower => {
    const name = `${way}_${String(options['name'])}`;
    return {...layer, name, config: {...options, ...more}, weights: weightsIn(name)};
  };
  const ahead = lowerCell(inner('forward'), cell, graph, x!);
  const back = lowerCell(inner('backward', {goBackwards}), cell, graph, x!);
  return merged(layer, graph, ahead, options['returnSequences'] ? reversed(graph, back) : back);
};

function reversed(graph: GraphBuilder, value: Value): Value {
  const loops = [
    {count: value.width, from: {...START, x: -1}, to: {...START, x: 1}},
    {count: value.channels, from: {...START, channel: 1}, to: {...START, channel: 1}},
  ];
  const pieces = [{input: value, from: {...START, x: value.width - 1}, to: START, loops}];
  return graph.add(value.shape, {kind: 'move', pieces, hasZeros: false});
}

function merged(layer: LayerToLower, graph: GraphBuilder, a: Value, b: Value): Value {
  switch (layer.config['mergeMode']) {
    case 'concat':
      return concatenated(graph, [a, b], a.shape.length - 1);
    case 'sum':
      return graph.sum([a, b], [1, 1]);
    case 'ave':
      return graph.sum([a, b], [0.5, 0.5]);
    case 'mul':
      return graph.add(a.shape, {kind: 'combine', inputs: [a, b], apply: 'multiply'});
    default:
      throw unsupported(layer, `its mergeMode is ${String(layer.config['mergeMode'])}`);
  }
}

export const RECURRENT_LAYERS: Readonly<Record<string, Lowering>> = {
  SimpleRNN: recurrent('simple'),
  GRU: recurrent('gru'),
  LSTM: recurrent('lstm'),
  Bidirectional: bidirectional,
};
