import {FUNCTIONS, type Linear, type Recurrent} from '../graph/nodes.js';
import {valueOf, type Value} from '../graph/value.js';
import {Weights} from '../graph/weights.js';
import type {Layout} from '../plan/layout.js';
import {emitLinear} from './emit-linear.js';
import type {Emission, Emit} from './emitter.js';
import {programOf, type Step} from './step.js';

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
  const states = placesOfStates(node, emission);
  const start = from.address + (backwards ? (steps - 1) * from.columnStep : 0);
  const step = backwards ? -from.columnStep : from.columnStep;
  const numbers = [
    ...[CELLS.indexOf(cell), start, from.imageStep, step, steps, batch, units, h, other, r, last],
    ...[to.address, to.imageStep, returnsSequences ? to.columnStep : 0],
    ...[first.begin, first.end, second?.begin ?? 0, second?.end ?? 0],
    ...[FUNCTIONS.indexOf(node.recurrentActivation), FUNCTIONS.indexOf(node.activation)],
    ...states.numbers,
    ...maskOf(node, emission),
  ];
  const kept = first.kept + (second?.kept ?? 0);
  return {
    steps: [{kernel: 'recur', numbers}, ...states.steps],
    state: states.kept,
    kernel: `${cell}, ${first.kernel}`,
    density: kept / node.recurrent.length,
    multiplications: kept * steps * batch,
    bytes: first.bytes + (second?.bytes ?? 0),
  };
};

/** Where states come from and go to. Those that stay from run to run have a place of their own. */
function placesOfStates(node: Recurrent, {layouts, fixed, batch}: Emission) {
  const {output, cell, units, initial, isStateful, returnsState} = node;
  const to = layouts.get(output)!;
  const count = cell === 'lstm' ? 2 : 1;
  const bytes = units * FLOAT;
  const kept = isStateful ? Array.from({length: count}, () => fixed.room(batch * bytes)) : [];
  const returned = (_: unknown, i: number) => to.address + (output.width - count + i) * to.columnStep;
  const ends = returnsState ? Array.from({length: count}, returned) : kept;
  const begin = (i: number) => {
    const given = initial[i] && layouts.get(initial[i]);
    return given ? [given.address, given.imageStep] : [kept[i] ?? 0, bytes];
  };
  const endImage = returnsState ? to.imageStep : bytes;
  const loops = [1, 0, 0, 1, 0, 0, batch, to.imageStep, bytes, units, FLOAT, FLOAT];
  const steps: Step[] = returnsState
    ? kept.map((place, i) => ({kernel: 'copy', numbers: [ends[i]!, place, ...loops]}))
    : [];
  return {
    numbers: [...begin(0), ...begin(1), ends[0] ?? 0, ends[1] ?? 0, endImage],
    steps,
    kept: kept.map(address => ({address, bytes: batch * bytes})),
  };
}

/** Where the mask begins, and how far on it goes. */
function maskOf({mask, backwards}: Recurrent, {layouts}: Emission): number[] {
  if (!mask) return [0, 0, 0];
  const {address, imageStep, channelStep} = layouts.get(mask)!;
  return backwards
    ? [address + (mask.channels - 1) * channelStep, imageStep, -channelStep]
    : [address, imageStep, channelStep];
}

/** The program that multiplies one vector by some gates of a recurrent kernel. */
function multiplication(node: Recurrent, gate: number, count: number, from: number, to: number, emission: Emission) {
  const {units, layer} = node;
  const [input, output] = [valueOf([units]), valueOf([count * units])];
  const weights = Weights.of(gatesOf(node, gate, count));
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
