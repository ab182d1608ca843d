import {FUNCTIONS, type Linear, type Recurrent} from '../graph/nodes.js';
import {valueOf, type Value} from '../graph/value.js';
import type {Layout} from '../plan/layout.js';
import {emitLinear} from './emit-linear.js';
import type {Emission, Emit} from './emitter.js';
import {programOf} from './step.js';

const CELLS = ['simple', 'gru', 'lstm'] as const;
const FLOAT = 4;
/** Kernels write whole vectors, of up to 16 numbers. */
const SLACK = 64;

/** One step of time is a program of its own, which the kernel runs again and again. */
export const emitRecurrent: Emit<Recurrent> = (node, emission) => {
  const {input, output, cell, units, backwards, returnsSequences} = node;
  const {layouts, fixed, batch} = emission;
  const [from, to] = [layouts.get(input)!, layouts.get(output)!];
  const room = (count: number) => fixed.room(count * FLOAT + SLACK);
  const [h, other, r, last] = [room(units), room(units), room(4 * units), room(units)];
  // A GRU multiplies by the kernel of its candidate only when the reset gate is known.
  const early = {simple: 1, gru: 2, lstm: 4}[cell];
  const first = multiplication(node, 0, early, h, r, emission);
  const second = cell === 'gru' ? multiplication(node, early, 1, other, last, emission) : undefined;
  const steps = input.width;
  const start = from.address + (backwards ? (steps - 1) * from.columnStep : 0);
  const step = backwards ? -from.columnStep : from.columnStep;
  const numbers = [
    ...[CELLS.indexOf(cell), start, from.imageStep, step, steps, batch, units, h, other, r, last],
    ...[to.address, to.imageStep, returnsSequences ? to.columnStep : 0],
    ...[first.begin, first.end, second?.begin ?? 0, second?.end ?? 0],
    ...[FUNCTIONS.indexOf(node.recurrentActivation), FUNCTIONS.indexOf(node.activation)],
  ];
  const kept = first.kept + (second?.kept ?? 0);
  return {
    steps: [{kernel: 'recur', numbers}],
    kernel: `${cell}, ${first.kernel}`,
    density: kept / node.recurrent.length,
    multiplications: kept * steps * batch,
    bytes: first.bytes + (second?.bytes ?? 0),
  };
};

/** The program that multiplies one vector by some gates of a recurrent kernel. */
function multiplication(node: Recurrent, gate: number, count: number, from: number, to: number, emission: Emission) {
  const {units, layer} = node;
  const [input, output] = [valueOf([units]), valueOf([count * units])];
  const weights = gatesOf(node, gate, count);
  const term = {kind: 'mixing', input, taps: [{down: 0, right: 0, channel: 0}], inputs: units, weights} as const;
  const bias = new Float32Array(count * units);
  const linear: Linear = {kind: 'linear', layer, output, terms: [term], bias, low: -Infinity, high: Infinity};
  const layouts = new Map([[input, vectorAt(from, input)], [output, vectorAt(to, output)]]); // prettier-ignore
  const {steps, kernel, multiplications = 0, bytes = 0} = emitLinear(linear, {...emission, batch: 1, layouts});
  const program = programOf(steps);
  const begin = emission.fixed.put(program);
  return {begin, end: begin + program.byteLength, kernel, kept: multiplications, bytes};
}

function gatesOf({recurrent, units}: Recurrent, gate: number, count: number): Float32Array {
  const columns = recurrent.length / units;
  return Float32Array.from({length: units * count * units}, (_, i) => {
    const [row, column] = [Math.floor(i / (count * units)), i % (count * units)];
    return recurrent[row * columns + gate * units + column]!;
  });
}

function vectorAt(address: number, {channels}: Value): Layout {
  const step = channels * FLOAT;
  return {
    address,
    channelStep: FLOAT,
    imageStep: step,
    lineStep: step,
    columnStep: step,
    runs: 1,
    runLength: 1,
    isDense: true,
    zerosBefore: undefined,
  };
}
