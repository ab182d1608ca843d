import type {WeightGroups} from './each-weight.js';
import type {WeightLayout} from './structure.js';
import {forEachRow, tileCount, type Tiling} from './tiles.js';

/**
 * Single weights as groups. The best `kept` in each box of a tiling must be kept: they score +Infinity, so that only
 * the rest can be pruned. Among equal scores, the lower index is better.
 */
export function protectedBest(tilingOf: (layout: WeightLayout) => Tiling, kept: number): WeightGroups {
  return {
    pool: (scores, layout) => {
      const {members, starts} = tileMembers(tilingOf(layout), scores.length);
      const protecting = Float32Array.from(scores);
      for (let tile = 0; tile + 1 < starts.length; tile++) {
        for (let k = 0; k < kept; k++) {
          const best = bestUnprotected(protecting, members, starts[tile]!, starts[tile + 1]!);
          if (best === undefined) break;
          protecting[best] = Infinity;
        }
      }
      return protecting;
    },
    spread: mask => mask,
  };
}

function bestUnprotected(scores: Float32Array, members: Uint32Array, from: number, to: number): number | undefined {
  let best: number | undefined;
  let most = -Infinity;
  for (let i = from; i < to; i++) {
    const score = scores[members[i]!]!;
    if (!(score > most) || score === Infinity) continue; // NaN is never the best, and is refused later
    most = score;
    best = members[i]!;
  }
  return best;
}

/** The indices of the elements of each box of a tiling, in order, box after box. */
function tileMembers(tiling: Tiling, size: number): {members: Uint32Array; starts: Uint32Array} {
  const starts = new Uint32Array(tileCount(tiling) + 1);
  forEachRow(tiling, (_, group, groups) => {
    for (const column of groups) starts[group + column + 1]!++;
  });
  for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
  const members = new Uint32Array(size);
  const next = starts.slice();
  forEachRow(tiling, (start, group, groups) => {
    for (let i = 0; i < groups.length; i++) members[next[group + groups[i]!]!++] = start + i;
  });
  return {members, starts};
}
