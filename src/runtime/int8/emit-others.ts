import {bytesToClear, emitMove} from '../emit/emit-moves.js';
import type {Emitted} from '../emit/emitter.js';
import type {MapEach, Move, Pool, PoolAll} from '../graph/nodes.js';
import type {Layout} from '../plan/layout.js';
import {step, type ByteEmission} from './byte-emission.js';
import {zeroWord, type ByteValue, type Slots} from './byte-value.js';

/** Floats as bytes. */
export function emitQuantize({input, output}: MapEach, {levels, slots}: ByteValue, emission: ByteEmission): Emitted {
  const {layouts, batch} = emission;
  const [from, to] = [layouts.get(input)!, layouts.get(output)!];
  // A word of a vector is like a position of four channels.
  const isVector = from.channelStep === 4 && to.isDense && slots.length % 4 === 0;
  const [channels, width, columnStep] = isVector
    ? [4, slots.length / 4, 16]
    : [slots.length, input.width, from.columnStep];
  const numbers = [
    ...[from.address, to.address, channels, from.channelStep, to.channelStep],
    ...[batch, from.imageStep, to.imageStep, input.height, from.lineStep, to.lineStep, width, columnStep],
  ];
  return {steps: [step('quantize', numbers, [1 / levels.scale, levels.zero + 0.5])], kernel: 'to int8'};
}

/** Bytes as floats, one part of channels that lie side by side after the other. */
export function emitDequantize({input, output}: MapEach, {levels, slots}: ByteValue, emission: ByteEmission): Emitted {
  const {layouts, batch} = emission;
  const [from, to] = [layouts.get(input)!, layouts.get(output)!];
  const steps = partsOf(slots).map(({channel, word, count}) => {
    const numbers = [
      ...[from.address + word * from.channelStep, to.address + channel * to.channelStep],
      ...[count, from.channelStep, to.channelStep],
      ...[batch, from.imageStep, to.imageStep, output.height, from.lineStep, to.lineStep],
      ...[output.width, to.columnStep],
    ];
    return step('dequantize', numbers, [levels.scale, levels.zero]);
  });
  return {steps, kernel: 'to float'};
}

/** Channels whose slots go on one from the other: the first one, its word, and how many there are. */
function partsOf(slots: Slots): {channel: number; word: number; count: number}[] {
  const parts: {channel: number; word: number; count: number}[] = [];
  slots.forEach((slot, channel) => {
    const last = parts.at(-1);
    if (last && 4 * last.word + last.count === slot) last.count++;
    else parts.push({channel, word: slot / 4, count: 1});
  });
  return parts;
}

export function emitWordMove(node: Move, {levels}: ByteValue, emission: ByteEmission): Emitted {
  const {steps} = emitMove({...node, hasZeros: false}, emission);
  const to = emission.layouts.get(node.output)!;
  const cleared = step('fill', [to.address, bytesToClear(node, to, emission), zeroWord(levels)]);
  return {steps: node.hasZeros ? [cleared, ...steps] : steps, kernel: 'int8 copy'};
}

export function emitBytePool({input, output, isMax, down, right}: Pool, {layouts, batch}: ByteEmission): Emitted {
  const [from, to] = [layouts.get(input)!, layouts.get(output)!];
  const numbers = [
    ...[from.address, to.address, output.channels, from.channelStep, to.channelStep],
    ...[batch, from.imageStep, to.imageStep, from.lineStep, to.lineStep],
    ...[input.height, output.height, down.size, down.stride, down.before],
    ...[input.width, output.width, right.size, right.stride, right.before],
    Number(isMax),
  ];
  return {steps: [step('poolWords', numbers)], kernel: isMax ? 'int8 max pool' : 'int8 mean pool'};
}

/** Of bytes, but its output is floats: a mean has more than 128 levels. */
export function emitBytePoolAll(node: PoolAll, {levels}: ByteValue, {layouts, batch}: ByteEmission): Emitted {
  const {input, output, isMax} = node;
  const [from, to] = [layouts.get(input)!, layouts.get(output)!];
  const numbers = [
    ...[from.address, to.address, output.channels, from.channelStep, to.channelStep],
    ...[batch, from.imageStep, to.imageStep, input.height, from.lineStep, input.width],
    Number(isMax),
  ];
  const steps = [step('poolAllWords', numbers, [levels.scale, levels.zero])];
  return {steps, kernel: isMax ? 'int8 max' : 'int8 mean'};
}

/** Around planes of bytes, what stands for zero must be there again before a kernel reads it. */
export function filledGaps(
  {height, width, channels}: {height: number; width: number; channels: number},
  {address, imageStep, channelStep, lineStep, zerosBefore}: Layout,
  {levels}: ByteValue,
  batch: number,
) {
  if (zerosBefore === undefined) return [];
  const planeStep = batch === 1 ? channelStep : imageStep;
  const numbers = [address, channels * batch, planeStep, height, lineStep, 4 * width, zerosBefore, zeroWord(levels)];
  return [step('fillGaps', numbers)];
}
