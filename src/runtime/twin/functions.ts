import {COMBINATIONS, FUNCTIONS, type CombinationName, type FunctionName} from '../graph/nodes.js';
import {eachPlace} from './moves.js';
import type {Words} from './words.js';

/** See kernels/assembly/functions.ts and softmax.ts. */

export const FUNCTION_OF: Readonly<Record<FunctionName, (x: number, alpha: number) => number>> = {
  sigmoid,
  tanh: Math.tanh,
  elu: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)),
  selu: x => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  softplus,
  softsign: x => x / (1 + Math.abs(x)),
  swish: (x, alpha) => x * sigmoid(alpha * x),
  mish: x => x * Math.tanh(softplus(x)),
  gelu: x => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  geluNew: x => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  leaky: (x, alpha) => (x > 0 ? x : alpha * x),
  thresholded: (x, theta) => (x > theta ? x : 0),
  linear: x => x,
  relu: x => Math.max(x, 0),
  relu6: x => Math.min(Math.max(x, 0), 6),
  hardSigmoid: x => Math.min(Math.max(0.2 * x + 0.5, 0), 1),
};

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Abramowitz and Stegun, 7.1.26. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const factors = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const sum = factors.reduce((total, factor) => (total + factor) * t, 0);
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

export function map(words: Words, at: number): void {
  const [from, to, channels, fromStep, toStep, runs, runStep, count, which] = words.numbers(at + 8, 9) as Nine;
  const apply = FUNCTION_OF[FUNCTIONS[which]!];
  const alpha = words.float(at + 44);
  const wholeVectors = Math.ceil(count / 4) * 4;
  eachPlace([channels, fromStep, toStep, runs, runStep, runStep, wholeVectors, 4, 4], 2, ([x, y]) =>
    words.store(to + y!, apply(words.float(from + x!), alpha)),
  );
}

type Nine = [number, number, number, number, number, number, number, number, number];

const COMBINATION_OF: Readonly<Record<CombinationName, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  maximum: Math.max,
  minimum: Math.min,
  prelu: (x, alpha) => (x > 0 ? x : alpha * x),
};

export function combine(words: Words, at: number): void {
  const [which, a, b, to, ...loops] = words.numbers(at + 8, 20) as [number, number, number, number, ...number[]];
  const apply = COMBINATION_OF[COMBINATIONS[which]!];
  eachPlace(loops, 3, ([i, j, k]) => words.store(to + k!, apply(words.float(a + i!), words.float(b + j!))));
}

export function softmax(words: Words, at: number): void {
  const [from, to, channels, fromStep, toStep, runs, runStep, count, isLog] = words.numbers(at + 8, 9) as Nine;
  for (let run = 0; run < runs; run++) {
    for (let place = 0; place < Math.ceil(count / 4) * 16; place += 4) {
      const here = run * runStep + place;
      softmaxAlong(words, from + here, fromStep, to + here, toStep, channels, isLog === 1);
    }
  }
}

export function softmaxOfVector(words: Words, at: number): void {
  const [from, to, count, isLog] = words.numbers(at + 8, 4) as [number, number, number, number];
  softmaxAlong(words, from, 4, to, 4, count, isLog === 1);
}

function softmaxAlong(
  words: Words,
  from: number,
  fromStep: number,
  to: number,
  toStep: number,
  count: number,
  isLog: boolean,
): void {
  const values = Array.from({length: count}, (_, i) => words.float(from + i * fromStep));
  const most = Math.max(...values);
  const sum = values.reduce((total, value) => total + Math.exp(value - most), 0);
  values.forEach((value, i) => {
    words.store(to + i * toStep, isLog ? value - most - Math.log(sum) : Math.exp(value - most) / sum);
  });
}
