import {countOf} from '../math/count-of.js';
import {keepLargest, keepLargestOfAll} from '../math/keep-largest.js';
import type {Bounds} from '../math/share-out.js';

/**
 * Prunes the smallest of all scores. Layers that would lose too much by the ranking are held at their bound, and the
 * rest is ranked again without them.
 */
export function pruneSmallest(lists: readonly Float32Array[], bounds: readonly Bounds[], zeros: number): Uint8Array[] {
  const groups = lists.reduce((sum, {length}) => sum + length, 0);
  const kept = keepLargestOfAll(lists, groups - zeros);
  const held = new Set(lists.keys());
  for (const i of lists.keys()) if (countOf(kept[i]!, 0) <= bounds[i]!.most) held.delete(i);
  if (held.size === 0) return kept;
  const free = [...lists.keys()].filter(i => !held.has(i));
  const heldZeros = [...held].reduce((sum, i) => sum + bounds[i]!.most, 0);
  const others = pruneSmallest(
    free.map(i => lists[i]!),
    free.map(i => bounds[i]!),
    zeros - heldZeros,
  );
  return lists.map((scores, i) =>
    held.has(i) ? keepLargest(scores, scores.length - bounds[i]!.most) : others[free.indexOf(i)]!,
  );
}
