import type {Levels} from '../graph/weights.js';

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
  /** Room for a number of each row. */
  readonly seen: Uint32Array;
}

/** How the weights of a term are read: line by line, a weight for each output. */
export interface Lines {
  readonly weights: Float32Array | Levels;
  readonly outputs: number;
  /** The row that the first line begins with, and how many rows on the next one begins. */
  readonly row: number;
  readonly step: number;
  /** So many outputs are of one row. */
  readonly multiplier: number;
}

/** The loops over all weights, in which compiling takes its time. They work on arrays that come from the packer. */
export interface Packer {
  /** Drops all arrays; those to come have at most so many numbers together. */
  clear(numbers: number): void;
  /** Zeros. */
  integers(length: number): Uint32Array;
  floats(length: number): Float32Array;
  /** A copy of whole numbers. */
  levels(numbers: Int16Array): Int16Array;
  /** Adds to the count of each output its weights that are not zero. */
  count(lines: Lines, counts: Uint32Array): void;
  /** Writes the rows and the values of weights that are not zero, each at the place that is next for its output. */
  collect(lines: Lines, next: Uint32Array, to: Pick<SparseMatrix, 'rows' | 'weights'>): void;
  /** How many entries groups of outputs have that share their inputs. */
  shared(matrix: SparseMatrix, size: number): number;
  /** Writes the stream of groups of outputs. */
  group(matrix: SparseMatrix, size: number, stream: Uint32Array): void;
  /** Writes one of the four outputs of a group of SELL-4, whose first pair is at a word of the stream. */
  lane(matrix: SparseMatrix, output: number, to: {stream: Uint32Array; word: number; lane: number; base: number}): void;
}
