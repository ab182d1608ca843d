import type {Words} from './words.js';

/** See kernels/assembly: what is computed is the same, number by number, in another order. */

export function spmm(words: Words, at: number, outputs: number): void {
  const [stream, count, first, end, runs, runStep, out, outStep] = words.numbers(at + 8, 8) as Eight;
  const [low, high] = [words.float(at + 40), words.float(at + 44)];
  for (let run = 0; run < runs; run++) {
    for (let position = first + run * runStep; position < end + run * runStep; position += 4) {
      let entry = stream;
      for (let output = 0; output < count; output += outputs) {
        const sums = Array.from({length: outputs}, (_, i) => words.float(entry + 4 + 4 * i));
        entry = addEntries(words, entry, sums, position);
        sums.forEach((sum, i) => words.store(out + (output + i) * outStep + position, clamp(sum, low, high)));
      }
    }
  }
}

type Eight = [number, number, number, number, number, number, number, number];

/** Adds the entries of a group of outputs, and returns where the next group begins. */
function addEntries(words: Words, group: number, sums: number[], position: number): number {
  const step = 4 + 4 * sums.length;
  const end = group + step * (1 + words.number(group));
  for (let entry = group + step; entry < end; entry += step) {
    const x = words.float(words.number(entry) + position);
    for (let i = 0; i < sums.length; i++) sums[i]! += words.float(entry + 4 + 4 * i) * x;
  }
  return end;
}

export function blocks(words: Words, at: number): void {
  const [stream, count, out] = words.numbers(at + 8, 3) as [number, number, number];
  const [low, high] = [words.float(at + 20), words.float(at + 24)];
  let entry = stream;
  for (let block = 0; block < count; block++) {
    const sums = Array.from({length: 8}, (_, i) => words.float(entry + 4 + 4 * i));
    entry = addEntries(words, entry, sums, 0);
    sums.forEach((sum, i) => words.store(out + 32 * block + 4 * i, clamp(sum, low, high)));
  }
}

export function sell(words: Words, at: number): void {
  const [stream, groups, from] = words.numbers(at + 8, 3) as [number, number, number];
  const [low, high] = [words.float(at + 20), words.float(at + 24)];
  let entry = stream;
  for (let group = 0; group < groups; group++) {
    const head = entry;
    const sums = Array.from({length: 4}, (_, lane) => words.float(head + 32 + 4 * lane));
    entry += 48;
    for (const end = entry + 48 * words.number(head); entry < end; entry += 48) {
      for (let i = 0; i < 8; i++) {
        sums[i % 4]! += words.float(entry + 4 * i) * words.float(from + words.half(entry + 32 + 2 * i));
      }
    }
    sums.forEach((sum, lane) => words.store(words.number(head + 16 + 4 * lane), clamp(sum, low, high)));
  }
}

export function gemv(words: Words, at: number): void {
  const [stream, count, inputs, from, to] = words.numbers(at + 8, 5) as [number, number, number, number, number];
  const [low, high] = [words.float(at + 28), words.float(at + 32)];
  for (let output = 0; output < 16 * count; output++) {
    const weight = stream + 64 * (inputs + 1) * Math.floor(output / 16) + 4 * (output % 16);
    let sum = words.float(weight);
    for (let i = 0; i < inputs; i++) sum += words.float(from + 4 * i) * words.float(weight + 64 * (i + 1));
    words.store(to + 4 * output, clamp(sum, low, high));
  }
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
