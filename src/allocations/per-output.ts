import {expectNoArguments} from '../options/expect.js';
import {noteMakers} from '../options/makers.js';
import {roundHalfEven} from '../math/round-half-even.js';
import {forEachRow} from '../structures/tiles.js';
import type {LayerScores, WeightLayout} from '../structures/structure.js';
import type {Allocation} from './allocation.js';
import {boundsOf, expectPlace} from './limits.js';
import {uniform} from './uniform.js';
import {sizeOf} from '../math/size-of.js';

/**
 * The same sparsity in every output of every layer: of the `n` weights of a unit or filter (in a recurrent kernel, of a
 * gate of a unit), `round(n * sparsity)` are zero (halves to even), but never all; among equal scores the lower index
 * is kept. So no unit is ever pruned away. Groups of several weights are compared within their layer, as by
 * `uniform()`.
 *
 * Sun et al. 2024, https://arxiv.org/abs/2306.11695; Gomez et al. 2018, https://arxiv.org/abs/1905.13678
 *
 * @throws RangeError, at an update, if more of an output must be kept than the sparsity leaves.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.5, criterion: wanda(), allocation: perOutput(), data: {xs, ys}});
 */
export function perOutput(...none: []): Allocation {
  expectNoArguments('perOutput', none);
  const withinLayer = uniform();
  return (layers, sparsity) =>
    layers.map(layer => {
      const {shape} = layer.layout;
      const isPerWeight = layer.scores.length === sizeOf(shape);
      return isPerWeight ? withinOutputs(layer, sparsity) : withinLayer([layer], sparsity)[0]!;
    });
}

noteMakers(perOutput);

function withinOutputs({name, scores, layout}: LayerScores, sparsity: number): Uint8Array {
  const outputs = outputsOf(layout);
  const limits = byOutput(scores, outputs).map(own => limitOf({name, layout, scores: own}, sparsity));
  const kept = new Uint8Array(scores.length);
  for (let i = 0; i < kept.length; i++) {
    const limit = limits[outputs[i]!]!;
    const score = scores[i]!;
    if (score > limit.score || (score === limit.score && limit.ties-- > 0)) kept[i] = 1;
  }
  return kept;
}

/** The smallest score that an output keeps, and how many of its weights with this score. Sorts the scores. */
function limitOf(output: LayerScores, sparsity: number): {score: number; ties: number} {
  const zeros = zerosIn(output, sparsity);
  const sorted = output.scores.sort();
  const score = sorted[zeros]!;
  return {score, ties: sorted.lastIndexOf(score) + 1 - zeros};
}

function zerosIn(output: LayerScores, sparsity: number): number {
  const {length} = output.scores;
  const bounds = boundsOf(output, {});
  const zeros = Math.max(bounds.least, Math.min(roundHalfEven(length * sparsity), length - 1));
  expectPlace([output], [bounds], zeros);
  return zeros;
}

/** The output that each weight belongs to. */
function outputsOf({shape, outputAxes}: WeightLayout): Uint32Array {
  const outputs = new Uint32Array(sizeOf(shape));
  const tile = shape.map((size, axis) => (outputAxes.includes(axis) ? 1 : size));
  forEachRow({shape, tile}, (start, group, groups) => {
    for (let i = 0; i < groups.length; i++) outputs[start + i] = group + groups[i]!;
  });
  return outputs;
}

/** The scores of each output's weights, in order. */
function byOutput(scores: Float32Array, outputs: Uint32Array): Float32Array[] {
  const count = (outputs.at(-1) ?? -1) + 1;
  const lists = Array.from({length: count}, () => new Float32Array(scores.length / count));
  const ends = new Uint32Array(count);
  for (let i = 0; i < scores.length; i++) {
    const output = outputs[i]!;
    lists[output]![ends[output]!++] = scores[i]!;
  }
  return lists;
}
