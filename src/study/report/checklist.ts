import groupBy from 'lodash/groupBy.js';
import sortBy from 'lodash/sortBy.js';
import uniq from 'lodash/uniq.js';
import uniqBy from 'lodash/uniqBy.js';
import type {RunResult} from '../execute-run.js';
import {targetText} from '../target.js';
import {comparedWith, difficulty, summaryOf} from './summary.js';

/** A point that a fair report of pruning should meet. */
export interface CheckedPoint {
  readonly point: string;
  /** Whether it is met; undefined where the reader must judge. */
  readonly isMet: boolean | undefined;
  /** What was found. */
  readonly found: string;
}

/** At how many targets a curve shows a trade-off, and how many seeds show a spread. */
const [POINTS, SEEDS, PAIRS] = [5, 3, 3];

const BASELINES = ['random', 'globalMagnitude', 'layerMagnitude'];

/**
 * The checklist of a fair comparison, after Blalock et al. 2020 (ShrinkBench, appendix B),
 * https://arxiv.org/abs/2003.03033: what results show by themselves is ticked or not.
 */
export function checklistOf(results: readonly RunResult[]): CheckedPoint[] {
  const runs = results.map(({run}) => run);
  const rows = summaryOf(results);
  const compared = Object.values(groupBy(rows, comparedWith));
  const controls = compared.filter(group => group.some(({target}) => !target));
  const methods = uniq(runs.flatMap(({method}) => method?.name ?? []));
  const targets = sortBy(
    uniqBy(
      rows.flatMap(({target}) => target ?? []),
      targetText,
    ),
    difficulty,
  ).map(targetText);
  const fewest = Math.min(...rows.map(({seeds}) => seeds.length));
  const metrics = uniq(runs.flatMap(run => run.metrics.map(({name}) => name)));
  const versions = uniq(runs.map(run => words(run.versions)));
  const recipes = uniq(runs.map(({train}) => words(train)));
  const baselines = BASELINES.filter(name => methods.includes(name));
  const pairs = uniqBy(runs, ({data, net}) => JSON.stringify([data, net]));
  const modern = pairs.filter(({data}) => !data.name.startsWith('mnist'));
  return [
    point('at least three pairs of net and data besides MNIST', modern.length >= PAIRS, `${modern.length}`),
    point('compression and theoretical speed-up', true, 'both in every row'),
    point('top-1 and top-5', metrics.includes('top1') && metrics.includes('top5'), metrics.join(', ')),
    point(
      'the dense control by the same recipe',
      controls.length === compared.length,
      `${controls.length} of ${compared.length}`,
    ),
    point(`at least ${POINTS} targets`, targets.length >= POINTS, targets.join(', ')),
    point(
      `at least ${SEEDS} seeds, with mean and sample deviation`,
      fewest >= SEEDS,
      `${fewest} in the row with fewest`,
    ),
    point('the same library, backend and versions', versions.length === 1, versions.join('; ')),
    point('one recipe for all', recipes.length === 1, recipes.length === 1 ? recipes[0]! : `${recipes.length} recipes`),
    point(
      'random, global and layer-wise magnitude as baselines',
      baselines.length === 3,
      baselines.join(', ') || 'none',
    ),
    point('claims limited to what was run', undefined, 'for the reader to judge'),
  ];
}

/** An object in words: `epochs 20, batchSize 32`. */
function words(object: object): string {
  const entries = Object.entries(object) as [string, string | number | undefined][];
  return entries.flatMap(([key, value]) => (value === undefined ? [] : [`${key} ${value}`])).join(', ');
}

function point(text: string, isMet: boolean | undefined, found: string): CheckedPoint {
  return {point: text, isMet, found};
}

/** The mark of a point in lists. */
export function markOf({isMet}: CheckedPoint): string {
  if (isMet === undefined) return '[?]';
  return isMet ? '[x]' : '[ ]';
}
