import type {Linear, Term} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import type {Layout} from '../plan/layout.js';

/** The nonzero weights of a linear node, output by output. */
export interface SparseMatrix {
  readonly outputs: number;
  /** Where the entries of each output begin, and where the last ones end. */
  readonly starts: Uint32Array;
  /** Of each entry, the row: an input plane that is read at a tap. Ascending within an output. */
  readonly rows: Uint32Array;
  readonly weights: Float32Array;
  /** Of each row, the address that is read for the first position. */
  readonly addresses: Uint32Array;
  readonly bias: Float32Array;
}

/** Collects the weights of a linear node that are not zero. */
export function sparseMatrix({terms, bias, output}: Linear, layouts: ReadonlyMap<Value, Layout>): SparseMatrix {
  const outputs = output.channels;
  const starts = new Uint32Array(outputs + 1);
  for (const {weights} of terms) countByOutput(weights, outputs, starts);
  for (let i = 0; i < outputs; i++) starts[i + 1]! += starts[i]!;
  const rows = new Uint32Array(starts[outputs]!);
  const values = new Float32Array(rows.length);
  const next = starts.slice(0, outputs);
  const addresses: number[] = [];
  for (const term of terms) {
    const rowOf = rowsOf(term, outputs, addresses.length);
    addRows(term, layouts.get(term.input)!, addresses);
    term.weights.forEach((weight, i) => {
      if (weight === 0) return;
      const entry = next[i % outputs]!++;
      rows[entry] = rowOf(i);
      values[entry] = weight;
    });
  }
  return {outputs, starts, rows, weights: values, addresses: Uint32Array.from(addresses), bias};
}

function countByOutput(weights: Float32Array, outputs: number, starts: Uint32Array): void {
  for (let from = 0; from < weights.length; from += outputs) {
    for (let output = 0; output < outputs; output++) if (weights[from + output] !== 0) starts[output + 1]!++;
  }
}

function rowsOf(term: Term, outputs: number, first: number): (weight: number) => number {
  if (term.kind === 'mixing') return i => first + Math.floor(i / outputs);
  const {multiplier} = term;
  return i => first + Math.floor(i / multiplier);
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
export function sharedEntries({outputs, starts, rows}: SparseMatrix, size: number): number {
  const seen = new Int32Array(rows.reduce((most, row) => Math.max(most, row + 1), 0)).fill(-1);
  let count = 0;
  for (let first = 0; first < outputs; first += size) {
    const end = starts[Math.min(outputs, first + size)]!;
    for (let entry = starts[first]!; entry < end; entry++) {
      if (seen[rows[entry]!] === first) continue;
      seen[rows[entry]!] = first;
      count++;
    }
  }
  return count;
}

/** Calls back for each row in which one of some outputs has an entry: with the row, and the weight of each output. */
export function eachSharedRow(
  {starts, rows, weights}: SparseMatrix,
  first: number,
  size: number,
  visit: (row: number, weights: Float32Array) => void,
): number {
  const next = starts.slice(first, first + size);
  const found = new Float32Array(size);
  for (let count = 0; ; count++) {
    let row = Infinity;
    for (let i = 0; i < size; i++) if (next[i]! < starts[first + i + 1]!) row = Math.min(row, rows[next[i]!]!);
    if (row === Infinity) return count;
    for (let i = 0; i < size; i++) {
      const isHere = next[i]! < starts[first + i + 1]! && rows[next[i]!] === row;
      found[i] = isHere ? weights[next[i]!++]! : 0;
    }
    visit(row, found);
  }
}
