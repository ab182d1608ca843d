import type {Linear, Term} from '../graph/nodes.js';
import type {Weights} from '../graph/weights.js';
import type {Layout} from '../plan/layout.js';
import type {Emission} from './emitter.js';
import type {Lines, Packer, SparseMatrix} from './packer.js';

/** Collects the weights of a linear node that are not zero. */
export function sparseMatrix({terms, bias, output}: Linear, {layouts, packer}: Emission): SparseMatrix {
  const outputs = output.channels;
  const addresses: number[] = [];
  const firsts = terms.map(term => {
    const first = addresses.length;
    addRows(term, layouts.get(term.input)!, addresses);
    return first;
  });
  packer.clear(roomFor(terms, outputs, addresses.length));
  const lines = terms.map((term, i) => linesOf(term, firsts[i]!, outputs, packer));
  const starts = packer.integers(outputs + 1);
  for (const each of lines) packer.count(each, starts.subarray(1));
  for (let i = 0; i < outputs; i++) starts[i + 1]! += starts[i]!;
  const next = filled(packer.integers(outputs), starts.subarray(0, outputs));
  const entries = {rows: packer.integers(starts[outputs]!), weights: packer.floats(starts[outputs]!)};
  for (const each of lines) packer.collect(each, next, entries);
  return {
    outputs,
    starts,
    ...entries,
    addresses: filled(packer.integers(addresses.length), addresses),
    bias: filled(packer.floats(outputs), bias),
    seen: packer.integers(addresses.length),
  };
}

/** For all of a matrix, and a stream of it: one of groups is chosen only where it is shorter than twice its entries. */
function roomFor(terms: readonly Term[], outputs: number, rows: number): number {
  const weights = terms.reduce((sum, term) => sum + term.weights.length, 0);
  return 5 * weights + 8 * rows + (16 + terms.length) * (outputs + 1);
}

function linesOf(term: Term, row: number, outputs: number, packer: Packer): Lines {
  const weights = numbersOf(term.weights, outputs, packer);
  if (term.kind === 'mixing') return {weights, outputs, row, step: 1, multiplier: outputs};
  return {weights, outputs, row, step: outputs / term.multiplier, multiplier: term.multiplier};
}

function numbersOf(weights: Weights, outputs: number, packer: Packer): Lines['weights'] {
  const coded = weights.levelsOf(outputs);
  if (!coded) return filled(packer.floats(weights.length), weights.values);
  return {levels: packer.levels(coded.levels), scales: filled(packer.floats(outputs), coded.scales)};
}

function filled<A extends Float32Array | Uint32Array>(array: A, numbers: ArrayLike<number>): A {
  array.set(numbers);
  return array;
}

/** The rows of a term: for each tap, each of the channels that it reads. */
function addRows(term: Term, {address, channelStep, lineStep, columnStep}: Layout, addresses: number[]): void {
  const count = term.kind === 'mixing' ? term.inputs : term.weights.length / term.taps.length / term.multiplier;
  for (const {down, right, channel} of term.taps) {
    const first = address + down * lineStep + right * columnStep + channel * channelStep;
    for (let i = 0; i < count; i++) addresses.push(first + i * channelStep);
  }
}

/** The outputs from one to another. */
export function sliced(matrix: SparseMatrix, from: number, to: number): SparseMatrix {
  const {starts, bias} = matrix;
  return {...matrix, outputs: to - from, starts: starts.subarray(from, to + 1), bias: bias.subarray(from, to)};
}

/** How many entries groups of outputs have that share their inputs; an incomplete group at the end counts as one. */
export function sharedEntries(matrix: SparseMatrix, size: number, packer: Packer): number {
  const {outputs, starts, addresses, seen} = matrix;
  const isFull = starts[outputs]! - starts[0]! === outputs * addresses.length;
  if (isFull) return Math.ceil(outputs / size) * addresses.length;
  seen.fill(0);
  return packer.shared(matrix, size);
}
