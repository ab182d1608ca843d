import {SparseRows} from './sparse-rows.js';

/** Weights as a model has them. */
export interface StoredWeights {
  /** @throws ToComeError while they are still to come. */
  readonly values: Float32Array;
  /** The same as numbers to be multiplied by the scale of their column, or of all, where a file has such. */
  readonly scaled?: {readonly rows: SparseRows; readonly scales: Float32Array} | undefined;
  /** Whether they are still to come. */
  readonly isToCome?: boolean;
}

/** What needs a weight that is still to come must be done again when it is there. */
export class ToComeError extends Error {}

/** The weights of a term, each times the factor of its output. They may still be to come. */
export class Weights {
  readonly length: number;
  readonly #stored: StoredWeights;
  readonly #factors: Float32Array | undefined;
  #values: Float32Array | undefined;

  constructor(stored: StoredWeights, length = stored.values.length, factors?: Float32Array) {
    [this.#stored, this.length, this.#factors] = [stored, length, factors];
  }

  static of(values: Float32Array): Weights {
    return new Weights({values});
  }

  get isToCome(): boolean {
    return this.#stored.isToCome ?? false;
  }

  /** @throws ToComeError while they are still to come. */
  get values(): Float32Array {
    return (this.#values ??= this.#factors ? times(this.#stored.values, this.#factors) : this.#stored.values);
  }

  /** A row has a column for each output, whose scale its numbers are to be multiplied by. */
  rowsOf(outputs: number): {rows: SparseRows; scales: Float32Array} {
    const factors = this.#factors ?? new Float32Array(outputs).fill(1);
    const {scaled} = this.#stored;
    if (scaled?.rows.width !== outputs) return {rows: sparseRows(this.#stored.values, outputs), scales: factors};
    const {rows, scales} = scaled;
    return {rows, scales: factors.map((factor, i) => factor * scales[scales.length === 1 ? 0 : i]!)};
  }

  scaled(factors: Float32Array): Weights {
    if (factors.every(factor => factor === 1)) return this;
    return new Weights(this.#stored, this.length, this.#factors ? times(this.#factors, factors) : factors);
  }
}

function times(values: Float32Array, factors: Float32Array): Float32Array {
  const scaled = values.slice();
  for (let from = 0; from < scaled.length; from += factors.length) {
    for (let i = 0; i < factors.length; i++) scaled[from + i]! *= factors[i]!;
  }
  return scaled;
}

function sparseRows(values: Float32Array, width: number): SparseRows {
  const rows = new SparseRows(values.length / width, width, values);
  rows.take(values);
  return rows;
}
