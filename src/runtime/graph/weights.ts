/** Whole numbers that stand for weights, row by row: each times the scale of its column. */
export interface Levels {
  readonly levels: Int16Array;
  readonly scales: Float32Array;
}

/** Weights as a model has them. */
export interface StoredWeights {
  /** @throws ToComeError while they are still to come. */
  readonly values: Float32Array;
  /** The same as whole numbers, where a file has these; undefined while they are still to come, too. */
  readonly levels?: Levels | undefined;
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

  /** As whole numbers and a scale for each output, if there are so many; undefined otherwise. */
  levelsOf(outputs: number): Levels | undefined {
    const {levels, scales} = this.#stored.levels ?? {};
    if (!levels || (scales!.length !== 1 && scales!.length !== outputs)) return undefined;
    const one = scales!.length === 1;
    return {
      levels,
      scales: Float32Array.from({length: outputs}, (_, i) => scales![one ? 0 : i]! * (this.#factors?.[i] ?? 1)),
    };
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
