import type {Linear, Term} from '../graph/nodes.js';
import type {SparseRows} from '../graph/sparse-rows.js';
import type {Layout} from '../plan/layout.js';
import type {Emission} from './emitter.js';
import type {SparseMatrix} from './packer.js';

/** The weights of a term, of which each row is read for one output after the other. */
interface Lines {
  readonly rows: SparseRows;
  /** What the weights of an output are multiplied by. */
  readonly scales: Float32Array;
  /** The row of the matrix that the first one is, and how many on the next one is. */
  readonly row: number;
  readonly step: number;
  /** So many outputs are of one row of the matrix. */
  readonly multiplier: number;
}

/** Collects the weights of a linear node that are not zero. */
export function sparseMatrix({terms, bias, output}: Linear, {layouts, packer}: Emission): SparseMatrix {
  const outputs = output.channels;
  const addresses: number[] = [];
  const lines = terms.map(term => {
    const row = addresses.length;
    addRows(term, layouts.get(term.input)!, addresses);
    return linesOf(term, row, outputs);
  });
  packer.clear(roomFor(lines, outputs, addresses.length));
  const starts = packer.integers(outputs + 1);
  for (const each of lines) count(each, starts);
  for (let i = 0; i < outputs; i++) starts[i + 1]! += starts[i]!;
  const next = filled(packer.integers(outputs), starts.subarray(0, outputs));
  const entries = {rows: packer.integers(starts[outputs]!), weights: packer.floats(starts[outputs]!)};
  for (const each of lines) collect(each, next, entries);
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
function roomFor(lines: readonly Lines[], outputs: number, rows: number): number {
  const weights = lines.reduce((sum, {rows}) => sum + rows.starts.at(-1)!, 0);
  return 4 * weights + 8 * rows + 16 * (outputs + 1);
}

function linesOf({weights, ...term}: Term, row: number, outputs: number): Lines {
  const about = {...weights.rowsOf(outputs), row};
  if (term.kind === 'mixing') return {...about, step: 1, multiplier: outputs};
  return {...about, step: outputs / term.multiplier, multiplier: term.multiplier};
}

/** Adds to the count of each output, one place behind its own, its weights that are not zero. */
function count({rows, scales}: Lines, counts: Uint32Array): void {
  const {columns, starts} = rows;
  const end = starts.at(-1)!;
  for (let i = 0; i < end; i++) {
    const output = columns[i]!;
    if (scales[output] !== 0) counts[output + 1]!++;
  }
}

/** Writes the rows and the values of weights that are not zero, each at the place that is next for its output. */
function collect(
  {rows: {starts, columns, numbers}, scales, row, step, multiplier}: Lines,
  next: Uint32Array,
  {rows, weights}: Pick<SparseMatrix, 'rows' | 'weights'>,
): void {
  for (let line = 0, i = 0, first = row; line + 1 < starts.length; line++, first += step) {
    for (const end = starts[line + 1]!; i < end; i++) {
      const output = columns[i]!;
      const scale = scales[output]!;
      if (scale === 0) continue;
      const entry = next[output]!++;
      rows[entry] = multiplier === scales.length ? first : first + Math.floor(output / multiplier);
      weights[entry] = numbers[i]! * scale;
    }
  }
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
export function sharedEntries({outputs, starts, rows, addresses, seen}: SparseMatrix, size: number): number {
  const isFull = starts[outputs]! - starts[0]! === outputs * addresses.length;
  if (isFull) return Math.ceil(outputs / size) * addresses.length;
  seen.fill(0);
  let found = 0;
  for (let first = 0; first < outputs; first += size) {
    const end = starts[Math.min(outputs, first + size)]!;
    for (let entry = starts[first]!; entry < end; entry++) {
      const row = rows[entry]!;
      if (seen[row] === first + 1) continue;
      seen[row] = first + 1;
      found++;
    }
  }
  return found;
}
