import {boundsOf, mostAt, type LayerLimits} from '../../allocations/limits.js';
import {roundHalfEven} from '../../math/round-half-even.js';
import type {Bounds} from '../../math/share-out.js';
import {isPlainObject, received} from '../../options/expect.js';
import {fraction, sparsity} from '../../options/option.js';
import {read} from '../../options/read.js';
import type {Args} from '../../options/table.js';
import type {LayerScores} from '../../structures/structure.js';

const BOUND = {
  /** The sparsity that the layer gets, whatever the target, in [0, 1). Defaults to what is searched. */
  sparsity: sparsity(undefined),
  /** The smallest sparsity of the layer, in [0, 1]. Defaults to 0. */
  minSparsity: fraction(0),
  /** The largest sparsity of the layer, in [0, 1]. Defaults to that of all layers. */
  maxSparsity: fraction(undefined),
};

/** Bounds on the sparsity of one layer. */
export type LayerBound = Args<typeof BOUND>;

/** A sparsity or bounds for each layer, by the name of the layer or weight. */
export type LayerBounds = Readonly<Record<string, number | LayerBound>>;

/** How many groups of each weight go at least and at most. */
export function boundsOfLayers(
  lists: readonly LayerScores[],
  {perLayer, maxSparsity = 1, minKept}: LayerLimits & {readonly perLayer: LayerBounds},
): Bounds[] {
  const entries = Object.entries(perLayer);
  const isOf = (key: string, {name}: LayerScores) => name === key || name.startsWith(`${key}/`);
  for (const [key] of entries) {
    if (lists.some(list => isOf(key, list))) continue;
    const names = lists.map(({name}) => `"${name}"`).join(', ');
    throw new RangeError(
      `Expected \`perLayer\` to name layers that are searched, but "${key}" matches none; there are ${names}`,
    );
  }
  return lists.map(list => {
    const own = entries.find(([key]) => isOf(key, list))?.[1] ?? {};
    const bound = typeof own === 'number' ? {sparsity: own} : own;
    const most = bound.sparsity ?? bound.maxSparsity ?? maxSparsity;
    const least = bound.sparsity ?? bound.minSparsity ?? 0;
    return within(boundsOf(list, minKept === undefined ? {} : {minKept}), list.scores.length, least, most);
  });
}

/** Bounds of counts, narrowed to those of a sparsity as far as they allow. */
function within({least, most}: Bounds, size: number, from: number, to: number): Bounds {
  const highest = Math.max(least, Math.min(most, from === to ? roundHalfEven(size * to) : mostAt(to, size)));
  return {least: Math.min(highest, Math.max(least, roundHalfEven(size * from))), most: highest};
}

/** Checks bounds without filling in defaults. */
export function expectBounds(name: string, bounds: LayerBounds): LayerBounds {
  if (!isPlainObject(bounds)) {
    throw new TypeError(`Expected \`${name}\` to be {name: sparsity or bounds}, got ${received(bounds)}`);
  }
  for (const [layer, bound] of Object.entries(bounds)) {
    const given = typeof bound === 'number' ? {sparsity: bound} : bound;
    const {minSparsity, maxSparsity = 1} = read(`${name} of "${layer}"`, given, BOUND, `${name}["${layer}"].`);
    if (minSparsity <= maxSparsity) continue;
    throw new RangeError(
      `Expected \`${name}["${layer}"].minSparsity\` to be at most \`maxSparsity\`, ${maxSparsity}, got ${minSparsity}`,
    );
  }
  return bounds;
}
