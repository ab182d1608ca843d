/** Weights of one output as whole numbers times a scale. */
export interface WholeWeights {
  readonly scale: number;
  readonly wholes: Int8Array;
}

const MOST = 127;
/** How far, in steps of the scale, weights on a grid may be from whole numbers: they come from 32-bit products. */
const TOLERANCE = 1e-3;

/**
 * The weights of one output as whole numbers from -127 to 127. Those that lie on such a grid, as `quantizationAware`
 * leaves them, keep it; the others get the finest that holds the largest of them.
 */
export function wholeWeights(weights: Float32Array): WholeWeights {
  const kept = weights.filter(weight => weight !== 0);
  const largest = kept.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  if (largest === 0) return {scale: 1, wholes: new Int8Array(weights.length)};
  const scale = largest / (levelsOfGrid(kept, largest) ?? MOST);
  return {scale, wholes: Int8Array.from(weights, weight => Math.round(weight / scale))};
}

/** The most levels, up to the largest weight, of a grid that holds all weights; undefined if there is none. */
function levelsOfGrid(weights: Float32Array, largest: number): number | undefined {
  for (let levels = MOST; levels > 0; levels--) {
    const perStep = levels / largest;
    if (weights.every(weight => Math.abs(weight * perStep - Math.round(weight * perStep)) < TOLERANCE)) return levels;
  }
  return undefined;
}
