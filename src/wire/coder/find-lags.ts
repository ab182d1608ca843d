import type {Lags} from './neighbors.js';

/** A matrix of levels, row major. */
export interface LevelMatrix {
  readonly levels: Int16Array;
  readonly rows: number;
  readonly columns: number;
}

const FURTHEST = 320;
const [FEWEST_ROWS, FEWEST_COLUMNS] = [8, 4];
/** From this density on only some columns are compared. */
const DENSE = 0.6;
const SAMPLED = 7;
/** How many deviations above chance a lag must be: the first, and one beside it. */
const [FIRST, SECOND, SECOND_OF_FIRST] = [10, 8, 0.15];

interface ScoredLag {
  readonly lag: number;
  readonly score: number;
}

/**
 * The lags at which rows of a kernel resemble each other: inputs that are pixels or taps next to one another. A lag is
 * scored by how often weights at that distance are both there, and of the same sign, in deviations from chance.
 */
export function findLags(matrix: LevelMatrix): Lags | undefined {
  const {rows, columns, levels} = matrix;
  if (rows < FEWEST_ROWS || columns < FEWEST_COLUMNS) return undefined;
  const kept = levels.reduce((sum, level) => sum + (level === 0 ? 0 : 1), 0);
  const scores = kept > DENSE * rows * columns ? signScores(matrix) : pairScores(matrix, kept);
  return chosen(scores.sort((a, b) => b.score - a.score));
}

function chosen([first, ...others]: readonly ScoredLag[]): Lags | undefined {
  if (!first || first.score < FIRST) return undefined;
  const beside = others.find(({lag}) => lag !== 2 * first.lag);
  const isGood = beside && beside.score >= Math.max(SECOND, SECOND_OF_FIRST * first.score);
  const [near, far] = isGood ? [first.lag, beside.lag].sort((a, b) => a - b) : [first.lag, 0];
  return {near: near!, far: far!};
}

const furthest = (rows: number) => Math.min(rows - 2, FURTHEST);

/** By pairs of kept weights in a column. */
function pairScores({levels, rows, columns}: LevelMatrix, kept: number): ScoredLag[] {
  const most = furthest(rows);
  const [pairs, agreements] = [new Float64Array(most + 1), new Float64Array(most + 1)];
  let squares = 0;
  for (let column = 0; column < columns; column++) {
    const places = keptRows(levels, rows, columns, column);
    squares += places.length ** 2;
    countPairs(places, place => levels[place * columns + column]! > 0, pairs, agreements);
  }
  const inRow = Array.from({length: rows}, (_, row) => keptIn(levels.subarray(row * columns, (row + 1) * columns)));
  return Array.from({length: most}, (_, i) => {
    const lag = i + 1;
    const expected = (products(inRow, lag) * squares) / (kept * kept + 1);
    const [found, agreed] = [pairs[lag]!, agreements[lag]!];
    return {lag, score: (found - expected) / Math.sqrt(expected + 1) + agreed / Math.sqrt(found + 1)};
  });
}

function keptRows(levels: Int16Array, rows: number, columns: number, column: number): number[] {
  const places: number[] = [];
  for (let row = 0; row < rows; row++) if (levels[row * columns + column] !== 0) places.push(row);
  return places;
}

function keptIn(levels: Int16Array): number {
  return levels.reduce((sum, level) => sum + (level === 0 ? 0 : 1), 0);
}

function countPairs(
  places: readonly number[],
  isPositive: (place: number) => boolean,
  pairs: Float64Array,
  agreements: Float64Array,
): void {
  for (const [i, place] of places.entries()) {
    for (let j = i + 1; j < places.length && places[j]! - place < pairs.length; j++) {
      const lag = places[j]! - place;
      pairs[lag]!++;
      agreements[lag]! += isPositive(place) === isPositive(places[j]!) ? 1 : -1;
    }
  }
}

function products(counts: readonly number[], lag: number): number {
  let sum = 0;
  for (let row = lag; row < counts.length; row++) sum += counts[row]! * counts[row - lag]!;
  return sum;
}

/** By signs alone, of some columns: in a dense kernel nearly all pairs are there. */
function signScores({levels, rows, columns}: LevelMatrix): ScoredLag[] {
  return Array.from({length: furthest(rows)}, (_, i) => {
    const lag = i + 1;
    let [agreed, count] = [0, 0];
    for (let row = lag; row < rows; row++) {
      for (let column = row % SAMPLED; column < columns; column += SAMPLED) {
        const product = levels[row * columns + column]! * levels[(row - lag) * columns + column]!;
        if (product === 0) continue;
        agreed += product > 0 ? 1 : -1;
        count++;
      }
    }
    return {lag, score: agreed / Math.sqrt(count + 1)};
  });
}
