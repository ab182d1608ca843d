import {eachPlace} from './moves.js';
import type {Words} from './words.js';

/** See kernels/assembly/depthwise.ts. */
export function halve(words: Words, at: number, size = 3): void {
  const [weights, channels, from, fromStep, line, to, toStep] = words.numbers(at + 8, 7) as [...Four, ...Four];
  const [images, fromImage, toImage, width, lines, toLine] = words.numbers(at + 36, 6) as [...Four, number, number];
  const [low, high] = [words.float(at + 60), words.float(at + 64)];
  const count = size ** 2;
  const loops = [images, fromImage, toImage, lines, 2 * line, toLine, 4 * Math.ceil(width / 4), 8, 4];
  for (let channel = 0; channel < channels; channel++) {
    const entry = (i: number) => words.float(weights + 4 * ((count + 1) * channel + i));
    eachPlace(loops, 2, ([x, y]) => {
      let sum = entry(count);
      for (let i = 0; i < count; i++) {
        const place = from + channel * fromStep + x! + Math.floor(i / size) * line + 4 * (i % size);
        sum += entry(i) * words.float(place);
      }
      words.store(to + channel * toStep + y!, Math.min(Math.max(sum, low), high));
    });
  }
}

export function halveFive(words: Words, at: number): void {
  halve(words, at, 5);
}

type Four = [number, number, number, number];
