import type {Emitted} from '../emit/emitter.js';
import type {Linear} from '../graph/nodes.js';
import {step, type ByteEmission} from './byte-emission.js';
import {boundsOf} from './requantization.js';

const LANES = 4;
/** The largest factor of 16 bits, and the largest shift. */
const [MOST_FACTOR, MOST_SHIFT] = [32_767, 2 ** 30];
const MOST_POWER = 24;

/** A sum of one or two values of bytes, each channel times a factor: all as multiples of a power of two. */
export function emitSum(node: Linear, {layouts, bytes, fixed}: ByteEmission): Emitted {
  const {terms, bias, output} = node;
  const {levels} = bytes.get(output)!;
  const factors = terms.map(({input, weights}) => {
    const {scale} = bytes.get(input)!.levels;
    return Float64Array.from(weights.values, weight => (weight * scale) / levels.scale);
  });
  const shifts = Float64Array.from(bias, (value, channel) => {
    const zeros = terms.map(({input}, i) => factors[i]![channel]! * bytes.get(input)!.levels.zero);
    return value / levels.scale + levels.zero - zeros.reduce((sum, zero) => sum + zero, 0);
  });
  const power = powerOf(factors, shifts);
  const [a, b] = [terms[0]!, terms.at(-1)!].map(({input}) => layouts.get(input)!);
  const out = layouts.get(output)!;
  const {low, high} = boundsOf(node, levels);
  const constants = packed(factors, shifts, power);
  const numbers = [
    ...[a!.address, b!.address, out.address, Math.ceil(bias.length / LANES)],
    ...[a!.channelStep, b!.channelStep, out.channelStep, out.runs, out.imageStep, out.runLength],
    ...[fixed.put(constants), power, low, high],
  ];
  const kernel = terms.length === 1 ? 'int8 scale' : 'int8 add';
  return {steps: [step('sum', numbers)], kernel, bytes: constants.byteLength};
}

/** The largest power of two that all numbers may be multiplied by. */
function powerOf(factors: readonly Float64Array[], shifts: Float64Array): number {
  const largest = (numbers: Float64Array) => numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const rooms = [...factors.map(own => MOST_FACTOR / largest(own)), MOST_SHIFT / largest(shifts)];
  return Math.max(0, Math.min(MOST_POWER, ...rooms.map(room => Math.floor(Math.log2(room)))));
}

/** For each four channels, pairs of factors, then shifts with a half, so that the quotient is rounded. */
function packed(factors: readonly Float64Array[], shifts: Float64Array, power: number): Int32Array {
  const words = new Int32Array(2 * LANES * Math.ceil(shifts.length / LANES));
  const halves = new Int16Array(words.buffer);
  shifts.forEach((shift, channel) => {
    const at = 2 * LANES * Math.floor(channel / LANES) + (channel % LANES);
    factors.forEach((own, i) => (halves[2 * at + i] = Math.min(Math.round(own[channel]! * 2 ** power), MOST_FACTOR)));
    words[at + LANES] = Math.round((shift + 0.5) * 2 ** power);
  });
  return words;
}
