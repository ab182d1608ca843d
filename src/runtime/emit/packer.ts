import type {SparseMatrix} from './sparse-matrix.js';

/** Where a stream of SELL-4 is written: its outputs in order, four to a group, and what addresses are counted from. */
export interface SellPlan {
  readonly order: Uint32Array;
  readonly base: number;
  /** The address of the first output. */
  readonly out: number;
  readonly stream: Uint32Array;
}

/** Memory for the arrays of a matrix, used again for the next one, and what fills the stream that takes longest. */
export interface Packer {
  /** Drops all arrays; those to come have at most so many numbers together. */
  clear(numbers: number): void;
  /** Zeros. */
  integers(length: number): Uint32Array;
  floats(length: number): Float32Array;
  /** Fills a stream of zeros. All arrays are of this packer. */
  sell(matrix: SparseMatrix, plan: SellPlan): void;
}
