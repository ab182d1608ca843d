import type {Packer, SparseMatrix} from './packer.js';
import {sharedEntries} from './sparse-matrix.js';

/**
 * For groups of outputs that share their inputs: the number of entries and the biases, then for each entry the address
 * of its input and the weights. Outputs that are missing in the last group have zeros.
 */
export function groupedStream(matrix: SparseMatrix, size: number, packer: Packer): Uint32Array {
  const {outputs, starts, rows, addresses, bias} = matrix;
  const entries = size === 1 ? starts[outputs]! - starts[0]! : sharedEntries(matrix, size);
  const stream = packer.integers((Math.ceil(outputs / size) + entries) * (1 + size));
  const floats = floatsOf(stream);
  const next = starts.slice(0, outputs);
  let at = 0;
  for (let first = 0; first < outputs; first += size) {
    const end = Math.min(outputs, first + size);
    const head = at;
    floats.set(bias.subarray(first, end), at + 1);
    at += 1 + size;
    for (;;) {
      let row = Infinity;
      for (let output = first; output < end; output++) {
        const entry = next[output]!;
        if (entry < starts[output + 1]! && rows[entry]! < row) row = rows[entry]!;
      }
      if (row === Infinity) break;
      stream[at] = addresses[row]!;
      for (let output = first; output < end; output++) {
        const entry = next[output]!;
        if (entry === starts[output + 1]! || rows[entry] !== row) continue;
        floats[at + 1 + output - first] = matrix.weights[entry]!;
        next[output] = entry + 1;
      }
      at += 1 + size;
    }
    stream[head] = (at - head) / (1 + size) - 1;
  }
  return stream;
}

function floatsOf({buffer, byteOffset, length}: Uint32Array): Float32Array {
  return new Float32Array(buffer, byteOffset, length);
}

const LANES = 4;
const [HEAD_WORDS, PAIR_WORDS] = [12, 12];

/** How many groups a matrix has in SELL-4. */
export function sellGroups({outputs}: SparseMatrix): number {
  return Math.ceil(outputs / LANES);
}

/** For `sell`: outputs of about as many entries together. Their inputs lie within 65536 bytes from `base`. */
export function sellStream(matrix: SparseMatrix, base: number, out: number, packer: Packer): Uint32Array {
  const {outputs, starts} = matrix;
  const all = sellGroups(matrix) * LANES;
  const countOf = (output: number) => (output < outputs ? starts[output + 1]! - starts[output]! : 0);
  // Most entries first, then in order. Numbers are sorted fast where nothing is called to compare them.
  const keys = Float64Array.from({length: all}, (_, i) => i - all * countOf(i)).sort();
  const order = packer.integers(all);
  order.set(keys.map(key => ((key % all) + all) % all));
  let size = 0;
  for (let i = 0; i < all; i += LANES) size += HEAD_WORDS + PAIR_WORDS * Math.ceil(countOf(order[i]!) / 2);
  const stream = packer.integers(size);
  packer.sell(matrix, {order, base, out, stream});
  return stream;
}

const BLOCK = 16;

/** For `gemv`: for each 16 outputs their biases, and their weights for each input. */
export function denseStream(weights: Float32Array, bias: Float32Array): Float32Array {
  const outputs = bias.length;
  const inputs = weights.length / outputs;
  const stream = new Float32Array(Math.ceil(outputs / BLOCK) * BLOCK * (inputs + 1));
  for (let first = 0, at = 0; first < outputs; first += BLOCK) {
    const end = Math.min(outputs, first + BLOCK);
    stream.set(bias.subarray(first, end), at);
    at += BLOCK;
    for (let input = 0; input < inputs; input++, at += BLOCK) {
      stream.set(weights.subarray(input * outputs + first, input * outputs + end), at);
    }
  }
  return stream;
}
