import type {Packer, SparseMatrix} from './packer.js';
import {sharedEntries} from './sparse-matrix.js';

/**
 * For groups of outputs that share their inputs: the number of entries and the biases, then for each entry the address
 * of its input and the weights. Outputs that are missing in the last group have zeros. It belongs to the packer.
 */
export function groupedStream(matrix: SparseMatrix, size: number, packer: Packer): Uint32Array {
  const {outputs, starts} = matrix;
  const entries = size === 1 ? starts[outputs]! - starts[0]! : sharedEntries(matrix, size, packer);
  const stream = packer.integers((Math.ceil(outputs / size) + entries) * (1 + size));
  packer.group(matrix, size, stream);
  return stream;
}

const LANES = 4;
const [HEAD_WORDS, PAIR_WORDS] = [12, 12];

/** How many groups a matrix has in SELL-4. */
export function sellGroups({outputs}: SparseMatrix): number {
  return Math.ceil(outputs / LANES);
}

/** For `sell`: outputs of about as many entries together. Their inputs lie within 65536 bytes from `base`. It is the packer's. */
export function sellStream(matrix: SparseMatrix, base: number, out: number, packer: Packer): Uint32Array {
  const {outputs, starts, bias} = matrix;
  const countOf = (output: number) => (output < outputs ? starts[output + 1]! - starts[output]! : 0);
  const order = Array.from({length: sellGroups(matrix) * LANES}, (_, i) => i).sort((a, b) => countOf(b) - countOf(a));
  const pairsOf = (group: number) => Math.ceil(countOf(order[group]!) / 2);
  let size = 0;
  for (let group = 0; group < order.length; group += LANES) size += HEAD_WORDS + PAIR_WORDS * pairsOf(group);
  const stream = packer.integers(size);
  const floats = new Float32Array(stream.buffer, stream.byteOffset, size);
  let at = 0;
  for (let group = 0; group < order.length; group += LANES) {
    stream[at] = pairsOf(group);
    for (let lane = 0; lane < LANES; lane++) {
      const output = order[group + lane]!;
      stream[at + 4 + lane] = out + 4 * output;
      if (output >= outputs) continue;
      floats[at + 8 + lane] = bias[output]!;
      packer.lane(matrix, output, {stream, word: at + HEAD_WORDS, lane, base});
    }
    at += HEAD_WORDS + PAIR_WORDS * pairsOf(group);
  }
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
