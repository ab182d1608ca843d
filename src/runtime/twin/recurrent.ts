import {FUNCTIONS} from '../graph/nodes.js';
import {FUNCTION_OF} from './functions.js';
import type {Words} from './words.js';

/** Runs a part of a program. */
export type RunPart = (begin: number, end: number) => void;

/** See kernels/assembly/recurrent.ts. */
export function recur(words: Words, at: number, run: RunPart): void {
  const [cell, from, fromImage, fromStep, steps, images, units] = words.numbers(at + 8, 7) as Seven;
  const [h, other, r, last, to, toImage, toStep] = words.numbers(at + 36, 7) as Seven;
  const [begin, end, secondBegin, secondEnd, ...functions] = words.numbers(at + 64, 6) as [...Seven];
  const [gate, activate] = functions.map(number => (x: number) => FUNCTION_OF[FUNCTIONS[number]!](x, 1)) as [
    Apply,
    Apply,
  ];
  const each = (visit: (unit: number) => void) => Array.from({length: units}, (_, i) => visit(4 * i));
  for (let image = 0; image < images; image++) {
    each(i => words.store(h + i, 0));
    if (cell === 2) each(i => words.store(other + i, 0));
    for (let step = 0; step < steps; step++) {
      const x = from + image * fromImage + step * fromStep;
      const sum = (which: number, i: number) =>
        words.float(x + 4 * units * which + i) + words.float(r + 4 * units * which + i);
      run(begin, end);
      if (cell === 0) each(i => words.store(h + i, activate(sum(0, i))));
      if (cell === 1) {
        each(i => words.store(other + i, gate(sum(1, i)) * words.float(h + i)));
        run(secondBegin, secondEnd);
        each(i => {
          const update = gate(sum(0, i));
          const candidate = activate(words.float(x + 8 * units + i) + words.float(last + i));
          words.store(h + i, update * words.float(h + i) + (1 - update) * candidate);
        });
      }
      if (cell === 2) {
        each(i => {
          const carried = gate(sum(1, i)) * words.float(other + i) + gate(sum(0, i)) * activate(sum(2, i));
          words.store(other + i, carried);
          words.store(h + i, gate(sum(3, i)) * activate(carried));
        });
      }
      each(i => words.store(to + image * toImage + step * toStep + i, words.float(h + i)));
    }
  }
}

type Seven = [number, number, number, number, number, number, number];
type Apply = (x: number) => number;
