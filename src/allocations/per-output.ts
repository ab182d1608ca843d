import {roundHalfEven} from '../math/round-half-even.js';
import {forEachRow} from '../structures/tiles.js';
import type {WeightLayout} from '../structures/structure.js';
import type {Allocation, LayerScores} from './allocation.js';
import {boundsOf, expectPlace} from './limits.js';
import {uniform} from './uniform.js';

/**
 * The same sparsity in every output of every layer: of the `n` weights that lead to a unit or filter (in a recurrent kernel, to
 * one of a unit's gates), `round(n * sparsity)` are zero (halves to even), but never all; among equal scores the lower index is
 * kept. No unit is ever pruned away, whatever its weights are worth. Where groups are not single weights, they are compared
 * within their layer, as by `uniform()`.
 *
 * Sun et al. 2024, https://arxiv.org/abs/2306.11695; Gomez et al. 2018, https://arxiv.org/abs/1905.13678
 *
 * @throws RangeError, from the update, where more of an output must stay than the sparsity leaves.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.5, criterion: wanda(), allocation: perOutput(), data: batches});
 */
export function perOutput(): Allocation {
  const withinLayer = uniform();
  return (layers, sparsity) =>
    layers.map(layer => {
      const {shape} = layer.layout;
      const isPerWeight = layer.scores.length === shape.reduce((product, size) => product * size, 1);
      return isPerWeight ? withinOutputs(layer, sparsity) : withinLayer([layer], sparsity)[0]!;
    });
}

function withinOutputs({name, scores, layout}: LayerScores, sparsity: number): Uint8Array {
  const kept = new Uint8Array(scores.length);
  for (const indices of weightsByOutput(layout)) {
    const own = Float32Array.from(indices, i => scores[i]!);
    const zeros = zerosIn({name, layout, scores: own}, sparsity);
    const sorted = own.slice().sort();
    const threshold = sorted[zeros]!; // of what is kept, the smallest
    let ties = sorted.lastIndexOf(threshold) + 1 - zeros;
    own.forEach((score, i) => {
      if (score > threshold || (score === threshold && ties-- > 0)) kept[indices[i]!] = 1;
    });
  }
  return kept;
}

function zerosIn(output: LayerScores, sparsity: number): number {
  const {length} = output.scores;
  const bounds = boundsOf(output, {});
  const zeros = Math.max(bounds.least, Math.min(roundHalfEven(length * sparsity), length - 1));
  expectPlace([output], [bounds], zeros);
  return zeros;
}

/** The indices of the weights that lead to each output. */
function weightsByOutput({shape, outputAxes}: WeightLayout): number[][] {
  const outputs: number[][] = [];
  const tile = shape.map((size, axis) => (outputAxes.includes(axis) ? 1 : size));
  forEachRow({shape, tile}, (start, group, groups) => {
    for (let i = 0; i < groups.length; i++) (outputs[group + groups[i]!] ??= []).push(start + i);
  });
  return outputs;
}
