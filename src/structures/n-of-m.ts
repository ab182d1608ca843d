import {expectInteger} from '../options/expect.js';
import {noteMakers} from '../options/makers.js';
import {protectedBest} from './protected-best.js';
import {eachWeight, type WeightStructure} from './each-weight.js';
import type {WeightLayout} from './structure.js';
import type {Tiling} from './tiles.js';

/**
 * Leads to `n` zeros among each `m` neighbors along the inputs. The best `m - n` of them are always kept, and the
 * schedule decides how many of the rest are pruned. A sparsity above `n / m` is an error; at `n / m` the pattern is
 * complete. Mishra et al. 2021, https://arxiv.org/abs/2104.08378
 *
 * @param n zeros in a block, a whole number in [1, m).
 * @param m weights in a block, along the inputs of a Dense layer or the input channels of a convolution.
 * @throws TypeError or RangeError if `n` or `m` is wrong; RangeError, when pruning, if `m` does not divide a weight's
 *     inputs, or the layer does not sum over its inputs (a depthwise convolution).
 *
 * @example
 * new GradualPruning({structure: nOfM(2, 4), schedule: polynomialDecay({finalSparsity: 0.5, endStep: 1000})});
 */
export function nOfM(n: number, m: number): WeightStructure {
  expectInteger('m', m, {min: 2});
  if (expectInteger('n', n, {min: 1}) >= m)
    throw new RangeError(`Expected \`n\` to be smaller than m = ${m}, got ${n}`);
  return eachWeight({...protectedBest(layout => blocksOfInputs(layout, n, m), m - n), inputsTogether: m});
}

noteMakers(nOfM);

function blocksOfInputs({name, shape, inputAxes, outputAxes}: WeightLayout, n: number, m: number): Tiling {
  const axis = inputAxes.at(-1);
  if (axis === undefined || outputAxes.includes(axis)) {
    throw new RangeError(
      `nOfM(${n}, ${m}) expects weights of layers that sum over their inputs, but "${name}" of shape ` +
        `[${shape.join()}] is of another kind; choose others by \`layers\``,
    );
  }
  if (shape[axis]! % m === 0) return {shape, tile: shape.map((_, i) => (i === axis ? m : 1))};
  throw new RangeError(
    `nOfM(${n}, ${m}) expects a number of inputs that ${m} divides, but "${name}" of shape [${shape.join()}] has ` +
      `${shape[axis]}; choose others by \`layers\``,
  );
}
