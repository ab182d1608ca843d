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
    const first = addresses.length;
    addRows(term, layouts.get(term.input)!, addresses);
    const [perTap, shared] = term.kind === 'mixing' ? [1, outputs] : [outputs / term.multiplier, term.multiplier];
    for (let from = 0, row = first; from < term.weights.length; from += outputs, row += perTap) {
      for (let output = 0; output < outputs; output++) {
        const weight = term.weights[from + output]!;
        if (weight === 0) continue;
        const entry = next[output]!++;
        rows[entry] = row + Math.floor(output / shared);
        values[entry] = weight;
      }
    }
  }
  return {outputs, starts, rows, weights: values, addresses: Uint32Array.from(addresses), bias};
}

function countByOutput(weights: Float32Array, outputs: number, starts: Uint32Array): void {
  for (let from = 0; from < weights.length; from += outputs) {
    for (let output = 0; output < outputs; output++) if (weights[from + output] !== 0) starts[output + 1]!++;
  }
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
export function sharedEntries({outputs, starts, rows, addresses}: SparseMatrix, size: number): number {
  const isFull = starts[outputs]! - starts[0]! === outputs * addresses.length;
  if (isFull) return Math.ceil(outputs / size) * addresses.length;
  const seen = new Int32Array(addresses.length).fill(-1);
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
  if (areAlike(starts, rows, first, size)) {
    const count = starts[first + 1]! - starts[first]!;
    for (let entry = 0; entry < count; entry++) {
      for (let i = 0; i < size; i++) found[i] = weights[next[i]! + entry]!;
      visit(rows[next[0]! + entry]!, found);
    }
    return count;
  }
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

/** Whether some outputs have entries in the same rows, as in dense matrices and masks in blocks. */
function areAlike(starts: Uint32Array, rows: Uint32Array, first: number, size: number): boolean {
  const [begin, count] = [starts[first]!, starts[first + 1]! - starts[first]!];
  for (let i = 1; i < size; i++) {
    const other = starts[first + i]!;
    if (starts[first + i + 1]! - other !== count) return false;
    for (let entry = 0; entry < count; entry++) if (rows[begin + entry] !== rows[other + entry]) return false;
  }
  return true;
}
