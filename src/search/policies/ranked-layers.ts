import type {SearchedLayer} from './policy.js';

/** An affine transform of the scores of a layer: `scale * score + shift`, with `scale` above 0. */
export interface Affine {
  readonly scale: number;
  readonly shift: number;
}

/** Bisection tells doubles apart after as many halvings as they have bits. */
const HALVINGS = 60;

/**
 * The rates at which a fraction of all groups goes: the lowest of a ranking over all layers, whose scores are
 * transformed first. Only groups that can go are ranked.
 *
 * @param level the fraction, in [0, 1].
 */
export function rankedRates(layers: readonly SearchedLayer[], transforms: readonly Affine[], level: number): number[] {
  const ranges = layers.map(rangeOf);
  const wanted = level * ranges.reduce((sum, [least, most]) => sum + most - least, 0);
  const countsAt = (threshold: number) =>
    layers.map(({scores}, i) => {
      const [least, most] = ranges[i]!;
      const {scale, shift} = transforms[i]!;
      return Math.min(Math.max(countBelow(scores, (threshold - shift) / scale), least), most);
    });
  const gone = (counts: readonly number[]) => counts.reduce((sum, count, i) => sum + count - ranges[i]![0], 0);
  let [low, high] = limitsOf(layers, transforms);
  for (let halvings = 0; halvings < HALVINGS && low < high; halvings++) {
    const middle = low + (high - low) / 2;
    if (gone(countsAt(middle)) <= wanted) low = middle;
    else high = middle;
  }
  return countsAt(level === 1 ? Infinity : low).map((count, i) => count / layers[i]!.size);
}

/** The scores of a layer that are neither gone nor must stay. */
export function finiteScores({scores}: Pick<SearchedLayer, 'scores'>): Float32Array {
  return scores.filter(Number.isFinite);
}

function rangeOf({size, least, most}: SearchedLayer): [least: number, most: number] {
  return [Math.round(size * least), Math.round(size * most)];
}

/** The smallest and the largest transformed score. */
function limitsOf(layers: readonly SearchedLayer[], transforms: readonly Affine[]): [number, number] {
  const ends = layers.flatMap(({scores}, i) => {
    const {scale, shift} = transforms[i]!;
    const first = scores.find(Number.isFinite);
    const last = scores.findLast(Number.isFinite);
    return first === undefined ? [] : [scale * first + shift, scale * last! + shift];
  });
  const [lowest, highest] = [Math.min(...ends), Math.max(...ends)];
  const margin = 1e-6 * (highest - lowest) + Number.EPSILON;
  return [lowest - margin, highest + margin];
}

/** How many of the ascending scores are below a threshold. */
function countBelow(scores: Float32Array, threshold: number): number {
  let [low, high] = [0, scores.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scores[middle]! < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}
