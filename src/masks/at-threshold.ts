import type {Allocation} from '../allocations/allocation.js';
import {keepLargest} from '../math/keep-largest.js';
import type {LayerScores} from '../structures/structure.js';

/** The score that a group of a layer must reach. */
export type Threshold = (layer: LayerScores) => number;

/** An allocation by a threshold, whatever the sparsity: keeps what reaches it, and the best group of each layer. */
export function atThreshold(threshold: Threshold): Allocation {
  return layers =>
    layers.map((layer: LayerScores) => {
      const {scores} = layer;
      const least = Math.fround(threshold(layer)); // in the precision that scores have
      const reaching = scores.reduce((count, score) => count + (score >= least ? 1 : 0), 0);
      return keepLargest(scores, Math.max(reaching, 1));
    });
}
