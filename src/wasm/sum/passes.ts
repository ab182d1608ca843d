import {util} from '@tensorflow/tfjs-core';
import {FLOAT, withScratch} from '../backend/heap.js';
import type {CompiledKernels} from '../backend/kernel-binary.js';
import type {WasmBackend} from '../backend/wasm-backend.js';

/** One run of neighboring axes to sum over: `out[o, i] = sum over r of x[o, r, i]`. */
export interface Pass {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
}

/** The passes of a sum over `axes`, last axes first. Axes of length 1 need none. */
export function passesOver(shape: readonly number[], axes: readonly number[]): Pass[] {
  const passes: Pass[] = [];
  let inner = 1;
  let end = shape.length;
  while (end > 0) {
    const isReduced = axes.includes(end - 1);
    let begin = end - 1;
    while (begin > 0 && axes.includes(begin - 1) === isReduced) begin--;
    const length = util.sizeFromShape(shape.slice(begin, end));
    if (!isReduced) inner *= length;
    else if (length > 1) passes.push({outer: util.sizeFromShape(shape.slice(0, begin)), reduced: length, inner});
    end = begin;
  }
  return passes;
}

/** A kernel that performs one pass, and how many numbers it writes. */
export interface Step {
  readonly kernel: CompiledKernels['sumMiddle' | 'spreadMiddle'];
  readonly sizeAfter: (pass: Pass) => number;
}

/** Performs the passes one after the other, from one address to another, with scratch memory for what lies between. */
export function perform(
  backend: WasmBackend,
  step: Step,
  [pass, ...rest]: readonly Pass[],
  from: number,
  to: number,
  scale: number,
): void {
  const {outer, reduced, inner} = pass!;
  if (rest.length === 0) {
    step.kernel(from, to, outer, reduced, inner, scale);
    return;
  }
  withScratch(backend, step.sizeAfter(pass!) * FLOAT, between => {
    step.kernel(from, between, outer, reduced, inner, 1);
    perform(backend, step, rest, between, to, scale);
  });
}
