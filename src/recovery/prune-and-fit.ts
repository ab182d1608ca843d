import {keepLargest} from '../math/keep-largest.js';
import {roundHalfEven} from '../math/round-half-even.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {expectWithinWeights, type WeightStructure} from '../structures/each-weight.js';
import type {Structure} from '../structures/structure.js';
import {singular} from './fit-weights.js';
import type {LayerByLayer} from './layer-by-layer.js';
import {leastSquares} from './least-squares.js';
import type {LinearWeight} from './linear-weight.js';
import {gains, normalEquations} from './normal-equations.js';
import {pruneColumns, type ChooseKept} from './optimal-brain.js';

/** How many inputs are decided together if each is decided on its own. */
const BLOCK = 128;

/** How weights are chosen and fitted together. */
export interface PruneAndFit {
  readonly ridge: number;
  readonly structure: ColumnStructure;
  /** How many zeros each weight gets. */
  readonly zeros: ReadonlyMap<MaskedWeight, number>;
  readonly pause: () => Promise<void>;
}

/** A structure of single weights that are chosen input by input. */
export type ColumnStructure = WeightStructure & Required<Pick<WeightStructure, 'inputsTogether'>>;

/** Expects a structure whose groups can be chosen input by input. */
export function expectColumnStructure(owner: string, structure: Structure): ColumnStructure {
  const within = expectWithinWeights(owner, structure);
  if (within.inputsTogether !== undefined) return within as ColumnStructure;
  throw new TypeError(
    `${owner} by 'sparseGpt' expects a \`structure\` of single weights, weights() or nOfM(n, m); for others choose ` +
      'the masks by pruneOnce, and reconstruct then',
  );
}

/** Chooses the mask of a layer and fits what is kept, together. */
export function pruneAndFit({ridge, structure, zeros, pause}: PruneAndFit): LayerByLayer['solve'] {
  return async (weight, moments, {values, kept}) => {
    const {parts, inputs, outputs, constant, masked} = weight;
    const size = inputs * outputs;
    const fitted = Float64Array.from(values);
    const mask = new Uint8Array(values.length);
    const gained = new Float64Array(parts * outputs);
    const choose = chooser(weight, structure, kept, zeros.get(masked!)!);
    const blocks = structure.inputsTogether > 1 ? structure.inputsTogether : BLOCK;
    for (let part = 0; part < parts; part++) {
      const [from, to] = [part * size, (part + 1) * size];
      const equations = normalEquations(moments, part, weight, {ridge, isCentered: constant !== undefined});
      const now = fitted.subarray(from, to);
      const best = await leastSquares(equations, new Uint8Array(size).fill(1), pause);
      best?.forEach((change, i) => (now[i]! += change));
      const chosen = (scores: Float32Array, first: number) => choose(scores, from + first * outputs);
      const found = best && (await pruneColumns(equations, now, {size: blocks, choose: chosen, pause}));
      if (!found) throw singular(weight, moments.count, ridge);
      mask.set(found, from);
      const changes = now.map((value, i) => value - values[from + i]!);
      gained.set(gains(equations, changes), part * outputs);
    }
    return {values: fitted, kept: mask, gains: gained};
  };
}

/**
 * Chooses block after block, such that the number of zeros is exact over all of them. What was masked before stays so.
 *
 * @returns a function of the scores of a block and of the index at which the block begins.
 */
function chooser(
  {name, outputs}: LinearWeight,
  structure: ColumnStructure,
  kept: Uint8Array,
  zeros: number,
): ChooseKept {
  let done = 0;
  return (scores, start) => {
    const {length} = scores;
    const layout = {name, shape: [length / outputs, outputs], inputAxes: [0], outputAxes: [1], gates: 1};
    const masked = scores.map((score, i) => (kept[start + i] === 0 ? -Infinity : score));
    const pooled = structure.pool(masked, layout);
    const [least, most] = [count(pooled, -Infinity), length - count(pooled, Infinity)];
    const wanted = roundHalfEven((zeros * (start + length)) / kept.length) - done;
    const gone = Math.min(Math.max(wanted, least), most);
    done += gone;
    return structure.spread(keepLargest(pooled, length - gone), layout);
  };
}

function count(scores: Float32Array, value: number): number {
  return scores.reduce((sum, score) => sum + (score === value ? 1 : 0), 0);
}
