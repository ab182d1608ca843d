import {eachSharedRow, sharedEntries, type SparseMatrix} from './sparse-matrix.js';

/** Words that are written one after the other: whole numbers and floats. */
class Words {
  readonly numbers: Uint32Array;
  readonly floats: Float32Array;
  at = 0;

  constructor(count: number) {
    this.numbers = new Uint32Array(count);
    this.floats = new Float32Array(this.numbers.buffer);
  }

  number(value: number): void {
    this.numbers[this.at++] = value;
  }

  float(value: number): void {
    this.floats[this.at++] = value;
  }
}

/**
 * For groups of outputs that share their inputs: the number of entries and the biases, then for each entry the address
 * of its input and the weights. Outputs that are missing in the last group have zeros.
 */
export function groupedStream(matrix: SparseMatrix, size: number): Uint32Array {
  const {outputs, addresses, bias} = matrix;
  const groups = Math.ceil(outputs / size);
  const words = new Words((groups + sharedEntries(matrix, size)) * (1 + size));
  for (let first = 0; first < outputs; first += size) {
    const head = words.at++;
    for (let i = 0; i < size; i++) words.float(bias[first + i] ?? 0);
    const here = Math.min(size, outputs - first);
    words.numbers[head] = eachSharedRow(matrix, first, here, (row, weights) => {
      words.number(addresses[row]!);
      for (let i = 0; i < size; i++) words.float(weights[i] ?? 0);
    });
  }
  return words.numbers;
}

/** The same for single outputs, which need no merging. */
export function singleStream({outputs, starts, rows, weights, addresses, bias}: SparseMatrix): Uint32Array {
  const words = new Words(2 * (outputs + starts[outputs]! - starts[0]!));
  for (let output = 0; output < outputs; output++) {
    words.number(starts[output + 1]! - starts[output]!);
    words.float(bias[output]!);
    for (let entry = starts[output]!; entry < starts[output + 1]!; entry++) {
      words.number(addresses[rows[entry]!]!);
      words.float(weights[entry]!);
    }
  }
  return words.numbers;
}

const LANES = 4;
const [HEAD_WORDS, PAIR_WORDS] = [12, 12];

/** How many groups a matrix has in SELL-4. */
export function sellGroups({outputs}: SparseMatrix): number {
  return Math.ceil(outputs / LANES);
}

/** For `sell`: outputs of about as many entries together. Their inputs lie within 65536 bytes from `base`. */
export function sellStream(matrix: SparseMatrix, base: number, out: number): Uint32Array {
  const {outputs, starts} = matrix;
  const countOf = (output: number) => (output < outputs ? starts[output + 1]! - starts[output]! : 0);
  const order = Array.from({length: sellGroups(matrix) * LANES}, (_, i) => i).sort((a, b) => countOf(b) - countOf(a));
  const pairsOf = (group: number) => Math.ceil(countOf(order[group]!) / 2);
  let size = 0;
  for (let group = 0; group < order.length; group += LANES) size += HEAD_WORDS + PAIR_WORDS * pairsOf(group);
  const words = new Words(size);
  for (let group = 0; group < order.length; group += LANES) {
    const members = order.slice(group, group + LANES);
    writeSellGroup(words, matrix, members, pairsOf(group), base, out);
  }
  return words.numbers;
}

function writeSellGroup(
  words: Words,
  {outputs, starts, rows, weights, addresses, bias}: SparseMatrix,
  members: readonly number[],
  pairs: number,
  base: number,
  out: number,
): void {
  const {numbers, floats, at} = words;
  const places = new Uint16Array(numbers.buffer);
  numbers[at] = pairs;
  members.forEach((output, lane) => {
    numbers[at + 4 + lane] = out + 4 * output;
    if (output >= outputs) return;
    floats[at + 8 + lane] = bias[output]!;
    const first = starts[output]!;
    for (let entry = first; entry < starts[output + 1]!; entry++) {
      const [pair, half] = [Math.floor((entry - first) / 2), (entry - first) % 2];
      const word = at + HEAD_WORDS + PAIR_WORDS * pair;
      floats[word + LANES * half + lane] = weights[entry]!;
      places[2 * (word + 8) + LANES * half + lane] = addresses[rows[entry]!]! - base;
    }
  });
  words.at += HEAD_WORDS + PAIR_WORDS * pairs;
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
