import {sharedRows, type QuadMatrix} from './quad-matrix.js';
import type {Requantization} from './requantization.js';

/** Words that are written one after the other: whole numbers and floats. */
class Words {
  readonly numbers: Int32Array;
  readonly floats: Float32Array;
  readonly halves: Uint16Array;
  at = 0;

  constructor(count: number) {
    this.numbers = new Int32Array(count);
    this.floats = new Float32Array(this.numbers.buffer);
    this.halves = new Uint16Array(this.numbers.buffer);
  }

  number(value: number): void {
    this.numbers[this.at++] = value;
  }

  /** What some outputs begin with, then their factors, then their shifts; zeros for those that are not there. */
  head({starts, factors, shifts}: Requantization, outputs: readonly number[]): void {
    for (const output of outputs) this.numbers[this.at++] = starts[output] ?? 0;
    for (const output of outputs) this.floats[this.at++] = factors[output] ?? 0;
    for (const output of outputs) this.floats[this.at++] = shifts[output] ?? 0;
  }
}

function range(first: number, count: number): number[] {
  return Array.from({length: count}, (_, i) => first + i);
}

/**
 * For groups of outputs that share their inputs: the number of entries and the head, then for each entry the address
 * of its inputs and four weights of each output. Outputs that are missing in the last group have zeros.
 */
export function quadStream(matrix: QuadMatrix, size: number, requantized: Requantization): Int32Array {
  const {outputs, addresses, quads} = matrix;
  const firsts = range(0, Math.ceil(outputs / size)).map(group => group * size);
  const rowsOf = firsts.map(first => sharedRows(matrix, first, Math.min(size, outputs - first)));
  const entries = rowsOf.reduce((count, rows) => count + rows.length, 0);
  const words = new Words(firsts.length * (1 + 3 * size) + entries * (1 + size));
  firsts.forEach((first, i) => {
    words.number(rowsOf[i]!.length);
    words.head(requantized, range(first, size));
    for (const row of rowsOf[i]!) {
      words.number(addresses[row]!);
      for (let output = first; output < first + size; output++) {
        words.number(quads[output * addresses.length + row] ?? 0);
      }
    }
  });
  return words.numbers;
}

const BLOCK = 16;

/** For `denseVector`: for each 16 outputs their head, and four weights of each for each word of the input. */
export function denseVectorStream({outputs, addresses, quads}: QuadMatrix, requantized: Requantization): Int32Array {
  const blocks = Math.ceil(outputs / BLOCK);
  const words = new Words(blocks * BLOCK * (3 + addresses.length));
  for (let first = 0; first < outputs; first += BLOCK) {
    words.head(requantized, range(first, BLOCK));
    for (let row = 0; row < addresses.length; row++) {
      for (let output = first; output < first + BLOCK; output++) {
        words.number(quads[output * addresses.length + row] ?? 0);
      }
    }
  }
  return words.numbers;
}

const LANES = 4;
const [HEAD_WORDS, PAIR_WORDS] = [20, 12];

/** For `sparseVector`: outputs of about as many entries together. Their inputs lie within 65536 bytes from `base`. */
export function sparseVectorStream(
  matrix: QuadMatrix,
  requantized: Requantization,
  base: number,
  placeOf: (output: number) => number,
): {stream: Int32Array; groups: number} {
  const rows = range(0, Math.ceil(matrix.outputs / LANES) * LANES).map(output => {
    return {output, rows: output < matrix.outputs ? sharedRows(matrix, output, 1) : []};
  });
  rows.sort((a, b) => b.rows.length - a.rows.length);
  const groups = range(0, rows.length / LANES).map(group => rows.slice(LANES * group, LANES * (group + 1)));
  const pairsOf = (group: typeof rows) => Math.ceil(group[0]!.rows.length / 2);
  const words = new Words(groups.reduce((count, group) => count + HEAD_WORDS + PAIR_WORDS * pairsOf(group), 0));
  const {addresses, quads} = matrix;
  for (const group of groups) {
    const outputs = group.map(({output}) => output);
    words.number(pairsOf(group));
    words.at += 3;
    for (const output of outputs) words.number(placeOf(output));
    words.head(requantized, outputs);
    group.forEach((own, lane) => {
      own.rows.forEach((row, entry) => {
        const [pair, half] = [Math.floor(entry / 2), entry % 2];
        const word = words.at + PAIR_WORDS * pair;
        words.numbers[word + LANES * half + lane] = quads[own.output * addresses.length + row]!;
        words.halves[2 * (word + 8) + LANES * half + lane] = addresses[row]! - base;
      });
    });
    words.at += PAIR_WORDS * pairsOf(group);
  }
  return {stream: words.numbers, groups: groups.length};
}
