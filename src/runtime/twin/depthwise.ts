import {eachPlace} from './moves.js';
import type {Words} from './words.js';

/** See kernels/assembly/depthwise.ts. */
export function halve(words: Words, at: number): void {
  const [weights, channels, from, fromStep, line, to, toStep] = words.numbers(at + 8, 7) as [...Four, ...Four];
  const [images, fromImage, toImage, width, lines, toLine] = words.numbers(at + 36, 6) as [...Four, number, number];
  const [low, high] = [words.float(at + 60), words.float(at + 64)];
  const loops = [images, fromImage, toImage, lines, 2 * line, toLine, 4 * Math.ceil(width / 4), 8, 4];
  for (let channel = 0; channel < channels; channel++) {
    const entry = (i: number) => words.float(weights + 40 * channel + 4 * i);
    eachPlace(loops, 2, ([x, y]) => {
      let sum = entry(9);
      for (let i = 0; i < 9; i++) {
        const place = from + channel * fromStep + x! + Math.floor(i / 3) * line + 4 * (i % 3);
        sum += entry(i) * words.float(place);
      }
      words.store(to + channel * toStep + y!, Math.min(Math.max(sum, low), high));
    });
  }
}

type Four = [number, number, number, number];
