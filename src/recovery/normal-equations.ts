import type {Moments} from './moments.js';

/** Inputs whose variance is below this fraction of the largest one are constants, in single precision. */
const DEAD = 1e-12;

/**
 * The least squares of one part: the changes `d` of the weights of each output that minimize
 *
 *     sum over positions of (r - x d)^2 + damping * |d|^2  =  squares - 2 d cross + d (gram + damping) d
 *
 * with a constant for each output, if there is one, already at its best: then all sums are about the means.
 */
export interface NormalEquations {
  readonly inputs: number;
  readonly outputs: number;
  /** `[inputs, inputs]`, without the damping. */
  readonly gram: Float64Array;
  /** `[inputs, outputs]`. */
  readonly cross: Float64Array;
  readonly damping: number;
  /** Inputs that are constant: what is multiplied with them makes no difference. */
  readonly isDead: Uint8Array;
}

/**
 * The equations of a part.
 *
 * @param ridge the damping, relative to the mean of the diagonal of the Gram matrix.
 */
export function normalEquations(
  moments: Moments,
  part: number,
  {inputs, outputs}: {inputs: number; outputs: number},
  {ridge, isCentered}: {ridge: number; isCentered: boolean},
): NormalEquations {
  const of = (values: Float64Array, size: number) => values.slice(part * size, (part + 1) * size);
  const gram = of(moments.gram, inputs * inputs);
  const cross = moments.cross.length > 0 ? of(moments.cross, inputs * outputs) : new Float64Array(inputs * outputs);
  if (isCentered) {
    const [sums, residuals] = [of(moments.inputs, inputs), of(moments.residuals, outputs)];
    takeOffMeans(gram, sums, sums, moments.count);
    if (residuals.length > 0) takeOffMeans(cross, sums, residuals, moments.count);
  }
  const diagonal = gram.filter((_, i) => i % (inputs + 1) === 0);
  const largest = diagonal.reduce((a, b) => Math.max(a, b), 0);
  const damping = (ridge * diagonal.reduce((sum, value) => sum + value, 0)) / inputs;
  const isDead = Uint8Array.from(diagonal, value => (value <= DEAD * largest ? 1 : 0));
  return {inputs, outputs, gram, cross, damping, isDead};
}

/** `sum of (x - mean)(y - mean)^T` from `sum of x y^T`. */
function takeOffMeans(products: Float64Array, x: Float64Array, y: Float64Array, count: number): void {
  for (let i = 0, at = 0; i < x.length; i++) {
    const mean = x[i]! / count;
    for (let j = 0; j < y.length; j++, at++) products[at]! -= mean * y[j]!;
  }
}

/** By how much changes `[inputs, outputs]` lower the sum of squares of each output. */
export function gains({gram, cross, inputs, outputs}: NormalEquations, changes: Float64Array): Float64Array {
  const lowered = new Float64Array(outputs);
  const products = new Float64Array(outputs);
  for (let i = 0; i < inputs; i++) {
    products.fill(0);
    for (let j = 0; j < inputs; j++) {
      const weight = gram[i * inputs + j]!;
      if (weight === 0) continue;
      for (let o = 0; o < outputs; o++) products[o]! += weight * changes[j * outputs + o]!;
    }
    for (let o = 0; o < outputs; o++) {
      lowered[o]! += changes[i * outputs + o]! * (2 * cross[i * outputs + o]! - products[o]!);
    }
  }
  return lowered;
}
