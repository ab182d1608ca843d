import {KERNELS, type KernelName} from '../kernels/kernel-names.js';
import {halve, halveFive} from './depthwise.js';
import {combine, map, softmax, softmaxOfVector} from './functions.js';
import {blocks, gemv, sell, spmm} from './matrices.js';
import {clear, clearGaps, copy, lookUp} from './moves.js';
import {dot, normalize} from './normalizations.js';
import {pool, poolAll} from './pools.js';
import {recur, type RunPart} from './recurrent.js';
import {Words} from './words.js';

type Kernel = (words: Words, at: number, run: RunPart) => void;

const OTHERS: Readonly<Partial<Record<KernelName, Kernel>>> = {
  sell,
  gemv,
  blocks,
  halve: (words, at) => halve(words, at),
  halveFive,
  copy,
  clear,
  clearGaps,
  lookUp,
  pool,
  poolAll,
  map,
  combine,
  recur,
  softmax,
  softmaxOfVector,
  normalize,
  dot,
};

/** The kernels in plain JavaScript: the same program, where there is no SIMD. */
export function runTwin(memory: ArrayBuffer, begin: number, end: number): void {
  runSteps(new Words(memory), begin, end);
}

function runSteps(words: Words, begin: number, end: number): void {
  for (let at = begin; at < end; at += words.number(at + 4)) {
    const name = KERNELS[words.number(at)]!;
    const other = OTHERS[name];
    if (other) other(words, at, (from, to) => runSteps(words, from, to));
    else spmm(words, at, Number(/^spmm(\d)/.exec(name)![1]));
  }
}
