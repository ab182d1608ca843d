import type {GraphBuilder} from '../graph/graph-builder.js';
import {FUNCTIONS, type FunctionName, type Recurrent} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {Weights} from '../graph/weights.js';
import {convolved} from './convolve.js';
import {biasOf, unsupported, weightOf, wordOf, type LayerToLower, type Lowering} from './layer-to-lower.js';
import {lostMask} from './masks.js';
import {concatenated, START} from './moves.js';
import type {AxisOfKernel} from './windows.js';

const ONE: AxisOfKernel = {size: 1, stride: 1, dilation: 1, padding: 'valid'};
const GATES = {simple: 1, gru: 3, lstm: 4} as const;
const STATES = {simple: 1, gru: 1, lstm: 2} as const;

const CELLS: Readonly<Record<string, Recurrent['cell']>> = {SimpleRNN: 'simple', GRU: 'gru', LSTM: 'lstm'};

const recurrent =
  (cell: Recurrent['cell']): Lowering =>
  (layer, [x, ...initial], graph) =>
    sequence(layer, cell, graph, x!, initial);

/** What the input contributes to all gates is computed for all steps at once; then one step follows the other. */
function sequence(
  layer: LayerToLower,
  cell: Recurrent['cell'],
  graph: GraphBuilder,
  x: Value,
  initial: readonly Value[],
): readonly Value[] {
  const {config} = layer;
  const mask = graph.masks.get(x);
  if (mask === 'lost') throw lostMask(layer);
  const gates = GATES[cell];
  const kernel = weightOf(layer, 'kernel');
  const units = kernel.shape[1]! / gates;
  const rounded = Math.ceil(units / 4) * 4;
  const wide = (values: Float32Array, rows: number) => withRoom(values, rows, gates, units, rounded);
  const weights = Weights.of(wide(kernel.values, x.channels));
  const bias = wide(biasOf(layer, gates * units), 1);
  const mixing = {kind: 'mixing', height: ONE, width: ONE, outputs: gates * rounded, weights} as const;
  const input = graph.copyOf(convolved(graph, x, mixing, {bias}));
  const square = new Float32Array(rounded * gates * rounded);
  square.set(wide(weightOf(layer, 'recurrent_kernel').values, units));
  const returnsSequences = Boolean(config['returnSequences']);
  const returnsState = Boolean(config['returnState']);
  const outputs = returnsSequences ? x.width : 1;
  const states = returnsState ? STATES[cell] : 0;
  const output = graph.add(returnsState || returnsSequences ? [outputs + states, rounded] : [rounded], {
    kind: 'recurrent',
    input,
    cell,
    units: rounded,
    recurrent: square,
    backwards: Boolean(config['goBackwards']),
    returnsSequences,
    activation: functionOf(layer, 'activation', 'tanh'),
    recurrentActivation: functionOf(layer, 'recurrentActivation', 'hardSigmoid'),
    initial: initial.map(state => rows(graph, state, 0, [rounded])),
    isStateful: Boolean(config['stateful']),
    returnsState,
    mask: mask && graph.copyOf(mask),
  });
  const main = rows(graph, output, 0, returnsSequences ? [outputs, units] : [units]);
  if (mask && returnsSequences) graph.masks.set(main, mask);
  return [main, ...Array.from({length: states}, (_, i) => rows(graph, output, outputs + i, [units]))];
}

/** Rows of gates, each gate with zeros behind it up to whole vectors. */
function withRoom(values: Float32Array, rows: number, gates: number, units: number, rounded: number): Float32Array {
  const wide = new Float32Array(rows * gates * rounded);
  for (let i = 0; i < rows * gates; i++) wide.set(values.subarray(i * units, (i + 1) * units), i * rounded);
  return wide;
}

/** Rows of vectors, as far as these go; zeros behind their end. */
function rows(graph: GraphBuilder, input: Value, first: number, shape: readonly number[]): Value {
  const [length, count = 1] = [...shape].reverse() as [number, number?];
  const loop = (count: number, step: object) => ({count, from: {...START, ...step}, to: {...START, ...step}});
  const loops = [loop(count, {x: 1}), loop(Math.min(length, input.channels), {channel: 1})];
  const pieces = [{input, from: {...START, x: first}, to: START, loops}];
  return graph.add(shape, {kind: 'move', pieces, hasZeros: length > input.channels});
}

function functionOf(layer: LayerToLower, option: string, fallback: string): FunctionName {
  const given = layer.config[option] ?? fallback;
  const name = typeof given === 'object' ? (given as {className?: unknown}).className : given;
  const found = FUNCTIONS.find(known => known.toLowerCase() === wordOf(name, ''));
  if (found && !PARAMETRIC.includes(found)) return found;
  throw unsupported(layer, `its ${option} is ${JSON.stringify(name)}`);
}

const PARAMETRIC: readonly FunctionName[] = ['leaky', 'thresholded'];

/** Beside the layer one that goes the other way, and both results merged; then the states of both. */
const bidirectional: Lowering = (layer, [x, ...initial], graph) => {
  const {config, weightsIn} = layer;
  const {className, config: options} = config['layer'] as Pick<LayerToLower, 'className' | 'config'>;
  const cell = CELLS[className];
  if (!cell) throw unsupported(layer, `it holds a ${className}`);
  const goBackwards = !options['goBackwards'];
  const inner = (way: string, more = {}): LayerToLower => {
    const name = `${way}_${String(options['name'])}`;
    return {...layer, name, config: {...options, ...more}, weights: weightsIn(name)};
  };
  const half = initial.length / 2;
  const [ahead, ...states] = sequence(inner('forward'), cell, graph, x!, initial.slice(0, half));
  const [back, ...others] = sequence(inner('backward', {goBackwards}), cell, graph, x!, initial.slice(half));
  const turned = options['returnSequences'] ? reversed(graph, back!) : back!;
  const outputs = merged(layer, graph, ahead!, turned);
  const mask = graph.masks.get(ahead!);
  if (mask) outputs.forEach(value => graph.masks.set(value, mask));
  return [...outputs, ...states, ...others];
};

function reversed(graph: GraphBuilder, value: Value): Value {
  const loops = [
    {count: value.width, from: {...START, x: -1}, to: {...START, x: 1}},
    {count: value.channels, from: {...START, channel: 1}, to: {...START, channel: 1}},
  ];
  const pieces = [{input: value, from: {...START, x: value.width - 1}, to: START, loops}];
  return graph.add(value.shape, {kind: 'move', pieces, hasZeros: false});
}

function merged(layer: LayerToLower, graph: GraphBuilder, a: Value, b: Value): readonly Value[] {
  switch (layer.config['mergeMode']) {
    case 'concat':
      return [concatenated(graph, [a, b], a.shape.length - 1)];
    case 'sum':
      return [graph.sum([a, b], [1, 1])];
    case 'ave':
      return [graph.sum([a, b], [0.5, 0.5])];
    case 'mul':
      return [graph.add(a.shape, {kind: 'combine', inputs: [a, b], apply: 'multiply'})];
    case null:
      return [a, b];
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
