import uniq from 'lodash/uniq.js';
import uniqBy from 'lodash/uniqBy.js';
import type {RunResult} from '../execute-run.js';
import {entryOf} from '../target.js';
import {summaryOf} from './summary.js';

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
  const pairs = uniqBy(runs, ({data, net}) => JSON.stringify([data, net]));
  const methods = uniq(runs.flatMap(({method}) => method?.name ?? []));
  const targets = uniq(runs.flatMap(({target}) => (target ? entryOf(target)[1] : [])));
  const controls = pairs.filter(pair =>
    runs.some(run => !run.method && JSON.stringify([run.data, run.net]) === JSON.stringify([pair.data, pair.net])),
  );
  const fewest = Math.min(...summaryOf(results).map(({seeds}) => seeds.length));
  const metrics = uniq(runs.flatMap(run => run.metrics.map(({name}) => name)));
  const versions = uniq(runs.map(run => JSON.stringify(run.versions)));
  const recipes = uniq(runs.map(({train}) => JSON.stringify(train)));
  const baselines = BASELINES.filter(name => methods.includes(name));
  const modern = pairs.filter(({data}) => !data.name.startsWith('mnist'));
  return [
    point('at least three pairs of net and data besides MNIST', modern.length >= PAIRS, `${modern.length}`),
    point('compression and theoretical speed-up', true, 'both in every row'),
    point('top-1 and top-5', metrics.includes('top1') && metrics.includes('top5'), metrics.join(', ')),
    point(
      'the dense control by the same recipe',
      controls.length === pairs.length,
      `${controls.length} of ${pairs.length}`,
    ),
    point(`at least ${POINTS} targets`, targets.length >= POINTS, targets.join(', ')),
    point(
      `at least ${SEEDS} seeds, with mean and sample deviation`,
      fewest >= SEEDS,
      `${fewest} in the row with fewest`,
    ),
    point('the same library, backend and versions', versions.length === 1, versions.join(' and ')),
    point('one recipe for all', recipes.length === 1, recipes.length === 1 ? recipes[0]! : `${recipes.length} recipes`),
    point(
      'random, global and layer-wise magnitude as baselines',
      baselines.length === 3,
      baselines.join(', ') || 'none',
    ),
    point('claims limited to what was run', undefined, 'for the reader to judge'),
  ];
}

function point(text: string, isMet: boolean | undefined, found: string): CheckedPoint {
  return {point: text, isMet, found};
}

/** The mark of a point in lists. */
export function markOf({isMet}: CheckedPoint): string {
  if (isMet === undefined) return '[?]';
  return isMet ? '[x]' : '[ ]';
}
