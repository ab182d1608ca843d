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
  const [h0, h0Image, c0, c0Image, hEnd, cEnd, endImage] = words.numbers(at + 88, 7) as Seven;
  const [mask, maskImage, maskStep] = words.numbers(at + 116, 3) as [number, number, number];
  const each = (visit: (unit: number) => void) => Array.from({length: units}, (_, i) => visit(4 * i));
  for (let image = 0; image < images; image++) {
    each(i => words.store(h + i, h0 ? words.float(h0 + image * h0Image + i) : 0));
    if (cell === 2) each(i => words.store(other + i, c0 ? words.float(c0 + image * c0Image + i) : 0));
    for (let step = 0; step < steps; step++) {
      const isMasked = mask !== 0 && words.float(mask + image * maskImage + step * maskStep) === 0;
      if (!isMasked) advance(step);
      each(i => words.store(to + image * toImage + step * toStep + i, words.float(h + i)));
    }
    if (hEnd) each(i => words.store(hEnd + image * endImage + i, words.float(h + i)));
    if (cEnd) each(i => words.store(cEnd + image * endImage + i, words.float(other + i)));

    function advance(step: number): void {
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
    }
  }
}

type Seven = [number, number, number, number, number, number, number];
type Apply = (x: number) => number;
