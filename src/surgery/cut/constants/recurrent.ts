import {fieldsOf, type Layer, type LayerVariable} from '../../../tfjs-internals.js';
import {viewKernel} from './kernel-view.js';
import {activated, withBias} from './activated.js';
import type {ConstantCall, ConstantRule, Constants} from './constant-call.js';
import {sumInto} from './kernels.js';

/** Which units of recurrent layers stay 0. */
export const RECURRENT_CONSTANTS: Record<string, ConstantRule> = {
  SimpleRNN: recurrent,
  LSTM: recurrent,
  GRU: recurrent,
  ConvLSTM2D: recurrent,
  RNN: recurrent,
};

/**
 * A unit stays 0 where nothing feeds its candidate, the gate that alone makes a new state: all other gates only weigh
 * it.
 */
const CANDIDATES: Record<string, number> = {SimpleRNNCell: 0, LSTMCell: 2, GRUCell: 2, ConvLSTM2DCell: 2};

function recurrent(call: ConstantCall): Constants[] {
  const cell = fieldsOf(call.layer)['cell'] as Layer;
  const candidate = CANDIDATES[cell.getClassName()];
  if (candidate === undefined) return [];
  const {kernel, bias} = fieldsOf(cell) as {kernel: LayerVariable; bias: LayerVariable | null};
  const units = call.outputs[0]!.channels.length;
  const axis = kernel.shape.length - 2;
  const absorbs = bias !== null && cell.getClassName() !== 'ConvLSTM2DCell';
  const view = call.intake('kernel', axis, call.values[0]!, absorbs, cell);
  const recurrentView = viewKernel(fieldsOf(cell)['recurrentKernel'] as LayerVariable, axis);
  const shifts = withBias(cell, new Float32Array(view.outputs));
  const staysZero = activated(cell, Float32Array.of(0))[0] === 0 && call.inputs.length === 1;
  const states = Float32Array.from({length: units}, (_, unit) => {
    const column = candidate * units + unit;
    const fed = sumInto(column, view, call.values[0]!, false);
    return staysZero && fed === 0 && shifts[column] === 0 && !recurrentView.isFed(column) ? 0 : NaN;
  });
  call.intake('recurrentKernel', axis, states, false, cell);
  return call.outputs.map(() => states);
}
