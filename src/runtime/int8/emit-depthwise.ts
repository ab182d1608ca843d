import type {Emitted} from '../emit/emitter.js';
import type {Channelwise, Linear, Tap} from '../graph/nodes.js';
import {step, type ByteEmission} from './byte-emission.js';
import {arePlain, type Slots} from './byte-value.js';
import {requantization, type Requantization} from './requantization.js';
import {wholeWeights, type WholeWeights} from './weights.js';

const LANES = 4;
const [HEAD, WEIGHTS] = [12, 4];

/** Entries of a kernel side by side: where the first one reads, and which they are. */
interface Run {
  readonly first: Tap;
  readonly entries: readonly number[];
}

/** Whether a node is a kernel over each channel of its own. */
export function isDepthwise({terms, bias}: Linear, slots: Slots): boolean {
  const [term] = terms;
  if (terms.length !== 1 || term!.kind !== 'channelwise' || term!.multiplier !== 1) return false;
  return arePlain(slots) && bias.length === slots.length && term!.taps.every(({channel}) => channel === 0);
}

/** Packs a depthwise kernel: for four channels what they begin with, then four weights of each for each run. */
export function emitDepthwise(node: Linear, {layouts, bytes, fixed, batch}: ByteEmission): Emitted {
  const term = node.terms[0] as Channelwise;
  const [from, to] = [layouts.get(term.input)!, layouts.get(node.output)!];
  const runs = runsOf(term.taps);
  const wholes = Array.from(node.bias, (_, channel) => wholesOf(term, channel));
  const scaled = {scales: wholes.map(({scale}) => scale), sums: wholes.map(({wholes}) => sumOf(wholes))};
  const requantized = requantization(node, scaled, bytes.get(term.input)!.levels, bytes.get(node.output)!.levels);
  const stream = streamOf(wholes, runs, requantized);
  const offsets = runs.map(({first}) => first.down * from.lineStep + first.right * from.columnStep);
  const {stride} = term;
  // Positions of stride 1 have the same distances in both values: they are one line.
  const {height, width} = node.output;
  const [images, lines, length] = stride === 1 ? [to.runs, 1, to.runLength] : [batch, height, width];
  const numbers = [
    ...[fixed.put(stream), Math.ceil(node.bias.length / LANES)],
    ...[from.address, from.channelStep, to.address, to.channelStep],
    ...[images, from.imageStep, to.imageStep, lines, stride * from.lineStep, to.lineStep],
    ...[length, stride * from.columnStep, runs.length, fixed.put(Int32Array.from(offsets))],
  ];
  const steps = [step('depthwise', numbers, [requantized.low, requantized.high])];
  const nonzeros = wholes.reduce((count, {wholes}) => count + wholes.filter(whole => whole !== 0).length, 0);
  const [density, multiplications] = [nonzeros / term.weights.length, nonzeros * batch * height * width];
  return {steps, kernel: 'int8 depthwise', bytes: stream.byteLength, density, multiplications};
}

function wholesOf({weights, taps}: Channelwise, channel: number): WholeWeights {
  const channels = weights.length / taps.length;
  const {values} = weights;
  return wholeWeights(Float32Array.from(taps, (_, tap) => values[tap * channels + channel]!));
}

function sumOf(wholes: Int8Array): number {
  return wholes.reduce((sum, whole) => sum + whole, 0);
}

function runsOf(taps: readonly Tap[]): Run[] {
  const order = taps.map((_, i) => i).sort((a, b) => taps[a]!.down - taps[b]!.down || taps[a]!.right - taps[b]!.right);
  const runs: {first: Tap; entries: number[]}[] = [];
  for (const entry of order) {
    const {down, right} = taps[entry]!;
    const last = runs.at(-1);
    const goesOn = last?.first.down === down && last.first.right + last.entries.length === right;
    if (goesOn && last.entries.length < LANES) last.entries.push(entry);
    else runs.push({first: taps[entry]!, entries: [entry]});
  }
  return runs;
}

function streamOf(
  wholes: readonly WholeWeights[],
  runs: readonly Run[],
  {starts, factors, shifts}: Requantization,
): Int32Array {
  const channels = wholes.length;
  const size = HEAD + WEIGHTS * runs.length;
  const words = new Int32Array(size * Math.ceil(channels / LANES));
  const [floats, bytes] = [new Float32Array(words.buffer), new Int8Array(words.buffer)];
  for (let channel = 0; channel < channels; channel++) {
    const lane = channel % LANES;
    const at = size * Math.floor(channel / LANES) + lane;
    words[at] = starts[channel]!;
    floats[at + LANES] = factors[channel]!;
    floats[at + 2 * LANES] = shifts[channel]!;
    runs.forEach(({entries}, run) => {
      const first = 4 * (at + HEAD + WEIGHTS * run);
      entries.forEach((entry, i) => (bytes[first + i] = wholes[channel]!.wholes[entry]!));
    });
  }
  return words;
}
