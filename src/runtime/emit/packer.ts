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
