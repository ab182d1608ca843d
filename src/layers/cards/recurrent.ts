import type {Shape} from '@tensorflow/tfjs-layers';
import {sizeOf} from '../../math/size-of.js';
import {fieldsOf, type Layer, type LayerVariable} from '../../tfjs-internals.js';
import {activated, freezeIfMixed} from './activations.js';
import {channelAxis, isChannelsFirst} from './channel-axis.js';
import type {ChannelCards} from './channel-card.js';
import {withBias, type ConstantCall, type Constants} from './constants.js';
import {MIXING, setting, spatial, sumInto} from './kernels.js';
import {viewKernel} from './kernel-view.js';
import type {LayerCard, LayerCards} from './layer-card.js';
import type {LayerUse, TracedTensor} from './layer-use.js';
import type {PassCards} from './pass-card.js';

/** How a recurrent cell is built. */
interface Cell {
  /** The number of gates in its weights, one after the other. */
  readonly gates: number;
  /** The gate that computes the new state; the others only scale it. */
  readonly candidate: number;
  /** The option with the number of units; a field of the same name holds it, too. */
  readonly units: string;
}

const SIMPLE_RNN: Cell = {gates: 1, candidate: 0, units: 'units'};
const LSTM: Cell = {gates: 4, candidate: 2, units: 'units'};
const GRU: Cell = {gates: 3, candidate: 2, units: 'units'};
const CONV_LSTM: Cell = {gates: 4, candidate: 2, units: 'filters'};

const CELLS: Readonly<Record<string, Cell | undefined>> = {
  SimpleRNNCell: SIMPLE_RNN,
  LSTMCell: LSTM,
  GRUCell: GRU,
  ConvLSTM2DCell: CONV_LSTM,
};

const STEPWISE = {holds: ['cell'], isRecurrent: true};

/** Layers that carry a state from step to step. */
export const RECURRENT: LayerCards = {
  SimpleRNNCell: cellCard(SIMPLE_RNN),
  LSTMCell: cellCard(LSTM),
  GRUCell: cellCard(GRU),
  ConvLSTM2DCell: cellCard(CONV_LSTM),
  StackedRNNCells: {holds: ['cells']},
  RNN: STEPWISE,
  SimpleRNN: STEPWISE,
  LSTM: STEPWISE,
  GRU: STEPWISE,
  ConvLSTM2D: STEPWISE,
  Bidirectional: {holds: ['forwardLayer', 'backwardLayer'], isRecurrent: true},
};

/** A unit pruned in one kernel may still be fed by the other: pruning either one does not prune the bias. */
function cellCard({gates}: Cell): LayerCard {
  return {
    prunableWeights: ['kernel', 'recurrentKernel'].map(field => ({field, ...MIXING, gates})),
  };
}

const NOISE = ['dropout', 'recurrentDropout'];
const CELL_PASS = {noise: NOISE};
const OVER_TIME = {overTime: true};

export const RECURRENT_PASSES: PassCards = {
  SimpleRNNCell: CELL_PASS,
  LSTMCell: CELL_PASS,
  GRUCell: CELL_PASS,
  ConvLSTM2DCell: {noise: NOISE, positions: convLstmPositions},
  RNN: OVER_TIME,
  SimpleRNN: OVER_TIME,
  LSTM: OVER_TIME,
  GRU: OVER_TIME,
  ConvLSTM2D: OVER_TIME,
};

/** A cell holds the settings of its convolution, but computes no output shape. */
function convLstmPositions(cell: Layer, inputShape: Shape): number {
  const {kernelSize, strides, dilationRate, padding} = fieldsOf(cell) as Record<string, unknown> &
    Record<'kernelSize' | 'strides' | 'dilationRate', number[]>;
  const sizes = spatial(cell, inputShape).map((size, i) => {
    const lost = padding === 'same' ? 0 : (kernelSize[i]! - 1) * (dilationRate[i] ?? 1);
    return size === null ? null : Math.ceil((size - lost) / strides[i]!);
  });
  return sizeOf(sizes);
}

const LAYER_WITH_CELL = {channelRule: (use: LayerUse) => recurrent(use, use.layer), constants: silentUnits};

/** The units of a recurrent layer are channels of both its state and its output. */
export const RECURRENT_CHANNELS: ChannelCards = {
  RNN: {channelRule: rnn, constants: silentUnits},
  SimpleRNN: LAYER_WITH_CELL,
  LSTM: LAYER_WITH_CELL,
  GRU: LAYER_WITH_CELL,
  ConvLSTM2D: LAYER_WITH_CELL,
  Bidirectional: {channelRule: bidirectional},
};

function rnn(use: LayerUse): TracedTensor[] {
  const cell = cellOf(use.layer);
  const cells = fieldsOf(cell)['cells'] as Layer[] | undefined;
  return cells ? stacked(use, cells) : recurrent(use, cell);
}

/** @param configured the layer whose configuration holds the number of units: an LSTM itself, not its cell. */
function recurrent(use: LayerUse, configured: Layer): TracedTensor[] {
  const cell = cellOf(use.layer);
  const known = kindOf(cell);
  if (!known) return refusing(use, cell);
  const axis = channelAxis(cell, use.inputs[0]!.shape) + (isChannelsFirst(cell) ? 1 : 0);
  const units = use.of(configured).makes(fieldsOf(cell)[known.units] as number, setting(known.units));
  tieCell(use.of(cell), known, use.along(use.inputs[0]!, axis), units);
  return statesAndOutputs(use, use.inputs.slice(1), units);
}

/** Each cell takes in the units of the previous one. */
function stacked(use: LayerUse, cells: readonly Layer[]): TracedTensor[] {
  if (use.inputs.length + use.outputShapes.length > 2)
    return use.refuse('go through stacked cells in it that take or return states');
  const unknown = cells.find(cell => !kindOf(cell));
  if (unknown) return refusing(use, unknown);
  const [shape] = use.outputShapes;
  const axis = shape!.length - 1;
  let channels = use.along(use.inputs[0]!, use.inputs[0]!.shape.length - 1);
  for (const cell of cells) {
    const known = kindOf(cell)!;
    const inner = use.of(cell, cell.name);
    const units = inner.makes(fieldsOf(cell)[known.units] as number, setting(known.units));
    tieCell(inner, known, channels, units);
    channels = units;
  }
  return [{shape: shape!, axis, channels}];
}

function refusing(use: LayerUse, cell: Layer): TracedTensor[] {
  return use.refuse(`go through a cell of class ${cell.getClassName()} in it, which has no channel rule`);
}

function tieCell(use: LayerUse, {gates}: Cell, inputs: Int32Array, units: Int32Array): void {
  const rank = (fieldsOf(use.layer)['kernel'] as LayerVariable).shape.length;
  const gated = Int32Array.from({length: units.length * gates}, (_, i) => units[i % units.length]!);
  use.tie('kernel', rank - 2, inputs, 'takes');
  use.tie('kernel', rank - 1, gated, 'makes');
  use.tie('recurrentKernel', rank - 2, units, 'takes');
  use.tie('recurrentKernel', rank - 1, gated, 'makes');
  use.tie('bias', 0, gated, 'makes');
  freezeIfMixed(use, units);
}

/** Initial states and all outputs have the units of the cell. */
function statesAndOutputs(use: LayerUse, states: readonly TracedTensor[], units: Int32Array): TracedTensor[] {
  const axisOf = (rank: number) => (isChannelsFirst(cellOf(use.layer)) ? rank - 3 : rank - 1);
  for (const state of states) use.together(use.along(state, axisOf(state.shape.length)), units);
  return use.outputShapes.map(shape => ({shape, axis: axisOf(shape.length), channels: units}));
}

/** Both directions are made from one configuration: a unit is kept or removed in both. */
function bidirectional(use: LayerUse): TracedTensor[] {
  const {forwardLayer, backwardLayer, mergeMode} = fieldsOf(use.layer) as {
    forwardLayer: Layer;
    backwardLayer: Layer;
    mergeMode: string | null;
  };
  const [input, ...states] = use.inputs;
  const half = states.length / 2;
  const [a, ...forwardStates] = use.through(forwardLayer, [input!, ...states.slice(0, half)]);
  const [b, ...backwardStates] = use.through(backwardLayer, [input!, ...states.slice(half)]);
  use.together(a!.channels, b!.channels);
  const concatenated = {...a!, channels: Int32Array.from([...a!.channels, ...b!.channels])};
  const merged = mergeMode === 'concat' ? [concatenated] : [a!];
  const outputs = mergeMode === null ? [a!, b!] : merged;
  const all = [...outputs, ...forwardStates, ...backwardStates];
  return all.map((output, i) => ({...output, shape: use.outputShapes[i]!}));
}

/** A unit stays 0 if nothing feeds its candidate. */
function silentUnits(call: ConstantCall): Constants[] {
  const cell = cellOf(call.layer);
  const known = kindOf(cell);
  if (!known) return [];
  const {kernel, recurrentKernel, bias} = fieldsOf(cell) as Record<string, LayerVariable>;
  const [values] = call.values;
  const inputAxis = kernel!.shape.length - 2;
  const absorbs = (bias as LayerVariable | null) !== null && inputAxis === 0; // a convolution may pad
  const view = call.intake({field: 'kernel', inputAxis, values: values!, absorbs, layer: cell});
  const recurrentView = viewKernel(recurrentKernel!, inputAxis);
  const shifts = withBias(cell, new Float32Array(view.outputs));
  const startsAtZero = activated(cell, Float32Array.of(0))[0] === 0 && call.inputs.length === 1;
  const units = call.outputs[0]!.channels.length;
  const states = Float32Array.from({length: units}, (_, unit) => {
    const column = known.candidate * units + unit;
    const isFed = recurrentView.isFed(column) || sumInto(column, view, values!, false) !== 0;
    return startsAtZero && !isFed && shifts[column] === 0 ? 0 : NaN;
  });
  call.intake({field: 'recurrentKernel', inputAxis, values: states, absorbs: false, layer: cell});
  return call.outputs.map(() => states);
}

/** How a cell is built; undefined for a user's own cell. */
function kindOf(cell: Layer): Cell | undefined {
  return CELLS[cell.getClassName()];
}

function cellOf(layer: Layer): Layer {
  return fieldsOf(layer)['cell'] as Layer;
}
