import {eachPlace} from './moves.js';
import type {Words} from './words.js';

/** See kernels/assembly/normalizations.ts. */

export function normalize(words: Words, at: number): void {
  const [from, to, channels, fromStep, toStep, runs, runStep, count, isDeviation] = words.numbers(at + 8, 9) as Nine;
  const epsilon = words.float(at + 44);
  for (let run = 0; run < runs; run++) {
    for (let place = 0; place < 4 * count; place += 4) {
      const here = run * runStep + place;
      const values = Array.from({length: channels}, (_, i) => words.float(from + here + i * fromStep));
      const mean = isDeviation ? sumOf(values) / channels : 0;
      const squares = sumOf(values.map(value => (value - mean) ** 2));
      const root = Math.sqrt(isDeviation ? squares / channels + epsilon : Math.max(squares, epsilon));
      values.forEach((value, i) => words.store(to + here + i * toStep, (value - mean) / root));
    }
  }
}

type Nine = [number, number, number, number, number, number, number, number, number];

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

export function dot(words: Words, at: number): void {
  const [a, aImage, aStep, b, bImage, bRow, bStep, to, toImage, ...rest] = words.numbers(at + 8, 14) as [
    ...Nine,
    ...number[],
  ];
  const [toStep, images, width, rows, channels] = rest as [number, number, number, number, number];
  const loops = [images, aImage, bImage, toImage, width, 4, 0, 4, rows, 0, bRow, toStep];
  eachPlace(loops, 3, ([x, y, out]) => {
    let sum = 0;
    for (let k = 0; k < channels; k++) sum += words.float(a + x! + k * aStep) * words.float(b + y! + k * bStep);
    words.store(to + out!, sum);
  });
}
