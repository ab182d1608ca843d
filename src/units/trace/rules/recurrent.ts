import {fieldsOf, type Layer} from '../../../tfjs-internals.js';
import {channelAxis} from '../channel-axis.js';
import type {ChannelRule, LayerUse, TracedTensor} from '../layer-use.js';
import {freezeIfMixed, setting} from './kernels.js';

/** Layers that carry a state from step to step: their units are channels of the state and of the output alike. */
export const RECURRENT_RULES: Record<string, ChannelRule> = {
  SimpleRNN: use => recurrent(use, use.layer),
  LSTM: use => recurrent(use, use.layer),
  GRU: use => recurrent(use, use.layer),
  ConvLSTM2D: use => recurrent(use, use.layer),
  RNN: use =>
    cellOf(use.layer).getClassName() === 'StackedRNNCells' ? stacked(use) : recurrent(use, cellOf(use.layer)),
  Bidirectional: bidirectional,
};

/** How many gates lie one behind the other in the weights, and what the configuration calls the number of units. */
const CELLS: Record<string, {gates: number; key: string} | undefined> = {
  SimpleRNNCell: {gates: 1, key: 'units'},
  LSTMCell: {gates: 4, key: 'units'},
  GRUCell: {gates: 3, key: 'units'},
  ConvLSTM2DCell: {gates: 4, key: 'filters'},
};

/** @param configured the layer whose configuration has the number of units: the cell has none of its own in an LSTM. */
function recurrent(use: LayerUse, configured: Layer): TracedTensor[] {
  const cell = cellOf(use.layer);
  const gated = CELLS[cell.getClassName()];
  if (!gated) return use.refuse(`meet a cell of class ${cell.getClassName()} in it, of which no rule is known`);
  const axis = channelAxis(cell, use.inputs[0]!.shape) + (isChannelsFirst(cell) ? 1 : 0);
  const units = use.of(configured).makes(fieldsOf(cell)[gated.key] as number, setting(gated.key));
  tieCell(use.of(cell), use.along(use.inputs[0]!, axis), units);
  return statesAndOutputs(use, use.inputs.slice(1), units);
}

/** Each cell takes in the units of the one before. */
function stacked(use: LayerUse): TracedTensor[] {
  if (use.inputs.length + use.outputShapes.length > 2)
    return use.refuse('meet stacked cells in it that hand over states');
  const cells = fieldsOf(cellOf(use.layer))['cells'] as Layer[];
  const unknown = cells.find(cell => !CELLS[cell.getClassName()]);
  if (unknown) return use.refuse(`meet a cell of class ${unknown.getClassName()} in it, of which no rule is known`);
  const units = cells.reduce(
    (inputs, cell) => {
      const {key} = CELLS[cell.getClassName()]!;
      const made = use.of(cell, cell.name).makes(fieldsOf(cell)[key] as number, setting(key));
      tieCell(use.of(cell, cell.name), inputs, made);
      return made;
    },
    use.along(use.inputs[0]!, use.inputs[0]!.shape.length - 1),
  );
  const [shape] = use.outputShapes;
  return [{shape: shape!, axis: shape!.length - 1, channels: units}];
}

function tieCell(use: LayerUse, inputs: Int32Array, units: Int32Array): void {
  const kernel = (fieldsOf(use.layer)['kernel'] as {shape: unknown[]}).shape.length;
  const gates = CELLS[use.layer.getClassName()]!.gates;
  const gated = Int32Array.from({length: units.length * gates}, (_, i) => units[i % units.length]!);
  use.tie('kernel', kernel - 2, inputs, 'takes');
  use.tie('kernel', kernel - 1, gated, 'makes');
  use.tie('recurrentKernel', kernel - 2, units, 'takes');
  use.tie('recurrentKernel', kernel - 1, gated, 'makes');
  use.tie('bias', 0, gated, 'makes');
  freezeIfMixed(use, units);
}

/** Initial states have the units of the cell, and so have all outputs. */
function statesAndOutputs(use: LayerUse, states: readonly TracedTensor[], units: Int32Array): TracedTensor[] {
  const axisOf = (rank: number) => (isChannelsFirst(cellOf(use.layer)) ? rank - 3 : rank - 1);
  for (const state of states) use.together(use.along(state, axisOf(state.shape.length)), units);
  return use.outputShapes.map(shape => ({shape, axis: axisOf(shape.length), channels: units}));
}

/** Both directions are made out of one configuration: a unit of the one goes with that of the other. */
function bidirectional(use: LayerUse): TracedTensor[] {
  const {forwardLayer, backwardLayer, mergeMode} = fieldsOf(use.layer) as {
    forwardLayer: Layer;
    backwardLayer: Layer;
    mergeMode: string | null;
  };
  const [input, ...states] = use.inputs;
  const half = states.length / 2;
  const forward = use.through(forwardLayer, [input!, ...states.slice(0, half)]);
  const backward = use.through(backwardLayer, [input!, ...states.slice(half)]);
  use.together(forward[0]!.channels, backward[0]!.channels);
  const [a, b] = [forward[0]!, backward[0]!];
  const merged = mergeMode === 'concat' ? [{...a, channels: concatenated(a.channels, b.channels)}] : [a];
  const outputs = mergeMode === null ? [a, b] : merged;
  const all = [...outputs, ...forward.slice(1), ...backward.slice(1)];
  return all.map((output, i) => ({...output, shape: use.outputShapes[i]!}));
}

export function concatenated(...parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap(part => [...part]));
}

function cellOf(layer: Layer): Layer {
  return fieldsOf(layer)['cell'] as Layer;
}

function isChannelsFirst(layer: Layer): boolean {
  return fieldsOf(layer)['dataFormat'] === 'channelsFirst';
}
