/** Weights of few values: places in a list of them. */
export interface Codebook {
  /** Of each weight, its place in the codebook less `zero`. */
  readonly levels: Int16Array;
  /** The values, ascending. */
  readonly codebook: Float32Array;
  /** The place of 0 in the codebook, or of the value nearest to it. */
  readonly zero: number;
}

const [FEW_VALUES, MOST_VALUES] = [32, 256];

/** The codebook of weights that have few values: at most 256, and at most 32 or a quarter of their number. */
export function findCodebook(weights: Float32Array): Codebook | undefined {
  const most = Math.min(MOST_VALUES, Math.max(FEW_VALUES, weights.length >> 2));
  const found = new Set<number>();
  for (const value of weights) {
    if (!Number.isFinite(value) || found.add(value).size > most) return undefined;
  }
  const codebook = Float32Array.from(found).sort();
  const places = new Map(Array.from(codebook, (value, place) => [value, place]));
  const zero = codebook.reduce((best, value, i) => (Math.abs(value) < Math.abs(codebook[best]!) ? i : best), 0);
  return {levels: Int16Array.from(weights, value => places.get(value)! - zero), codebook, zero};
}
