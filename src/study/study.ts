import {expectInteger, expectList} from '../options/expect.js';
import {boolean, option, type Option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import {top1} from './metrics.js';
import {expectOnce, expectParts, idOf, NAMED, type PartId} from './named.js';
import type {DataSet, Metric, Net, StudyMethod} from './parts.js';
import {RECIPE, type FullRecipe, type Recipe} from './recipe.js';
import {withId, type Run} from './run.js';
import {eachTarget, expectTargets, USUAL_TARGETS} from './target.js';
import {versionsNow, type Versions} from './versions.js';

const OPTIONS = {
  /** The name of the study: letters, digits, `.`, `_`, `-`. */
  name: NAMED.name,
  /** What nets are trained and tested on: {@link dataSet}s. */
  data: parts<DataSet>('dataSet'),
  /** The nets: {@link net}s. */
  nets: parts<Net>('net'),
  /** The methods: {@link method}s, such as {@link strategy}. The dense control is added by itself. */
  methods: parts<StudyMethod>('method'),
  /** What each method is to reach. Defaults to ShrinkBench's `{compression: [2, 4, 8, 16, 32]}`. */
  targets: option(expectTargets, USUAL_TARGETS),
  /** The seeds: different whole numbers >= 0. Defaults to 1, 2, 3. */
  seeds: option(expectSeeds, () => [1, 2, 3]),
  /** How every net is trained. */
  train: option((name, train: Recipe) => expectRecipe(name, train)),
  /** What is measured on the test set besides sizes and times: {@link metric}s. Defaults to {@link top1}. */
  metrics: parts<Metric>('metric', () => [top1()]),
  /** Whether the layer that makes the outputs is left dense, as in ShrinkBench. Defaults to false. */
  denseClassifier: boolean(false),
};

/** Options of {@link study}. */
export type StudyArgs = Args<typeof OPTIONS>;

/** The parts of a run, with their functions. */
export interface RunParts {
  /** The data. */
  readonly data: DataSet;
  /** The net. */
  readonly net: Net;
  /** Undefined for the dense control. */
  readonly method: StudyMethod | undefined;
  /** The metrics. */
  readonly metrics: readonly Metric[];
}

/** A study: what is compared, and how. */
export interface Study {
  /** Its name. */
  readonly name: string;
  /** Its metrics. */
  readonly metrics: readonly Metric[];
  /**
   * All runs, as plain JSON: each method at each target, and the dense control, on all nets, data and seeds. One seed
   * after the other, so that a study that is not done yet compares all methods.
   */
  runs(versions?: Versions): Run[];
  /** The functions of a run. */
  partsOf(run: Run): RunParts;
}

/**
 * Describes a comparison of pruning methods: every method at every target, on every net, data set and seed, all trained
 * by one recipe, and the dense net as the control.
 *
 * A run is known by the names, versions and options of its parts: `dataSet`, `net`, `method` and `metric` give them.
 * Blalock et al. 2020 (What is the state of neural network pruning?), https://arxiv.org/abs/2003.03033
 *
 * @throws TypeError or RangeError if an option is unknown or wrong, or a part has no name.
 *
 * @example
 * export default study({
 *   name: 'first',
 *   data: [mnist1d()],
 *   nets: [mlp],
 *   methods: [strategy({name: 'globalMagnitude'}), strategy({name: 'random'})],
 *   train: {epochs: 20, tuneEpochs: 10},
 * });
 */
export function study(args: StudyArgs): Study {
  const all = read('study', args, OPTIONS);
  return {
    name: all.name,
    metrics: all.metrics,
    runs: (versions = versionsNow()) => runsOf(all, versions),
    partsOf: run => partsOf(all, run),
  };
}

function runsOf(all: Values<typeof OPTIONS>, versions: Versions): Run[] {
  const {data, nets, methods, targets, seeds, train, metrics, denseClassifier} = all;
  const pruned = methods.flatMap(one => eachTarget(targets).map(target => ({method: idOf(one), target})));
  const ways = [{method: null, target: null}, ...pruned];
  return data.flatMap(set =>
    nets.flatMap(one =>
      seeds.flatMap(each =>
        ways.map(way =>
          withId({
            data: idOf(set),
            net: idOf(one),
            ...way,
            seed: each,
            train: train as FullRecipe,
            metrics: metrics.map(idOf),
            denseClassifier,
            versions,
          }),
        ),
      ),
    ),
  );
}

function partsOf({data, nets, methods, metrics}: Values<typeof OPTIONS>, run: Run): RunParts {
  return {
    data: found(data, run.data),
    net: found(nets, run.net),
    method: run.method === null ? undefined : found(methods, run.method),
    metrics,
  };
}

function found<T extends PartId>(list: readonly T[], id: PartId): T {
  const same = (one: T) => JSON.stringify(idOf(one)) === JSON.stringify(idOf(id));
  const one = list.find(same);
  if (one) return one;
  throw new RangeError(
    `The study has no "${id.name}" of version ${id.version} with these options; is it another study?`,
  );
}

function parts<T extends PartId>(kind: string): Option<readonly T[], never>;
function parts<T extends PartId>(kind: string, fallback: () => readonly T[]): Option<readonly T[], readonly T[]>;
function parts<T extends PartId>(kind: string, ...fallback: [] | [() => readonly T[]]): Option<readonly T[], never> {
  return option((name, list: readonly T[]) => expectParts(name, kind, list), ...(fallback as []));
}

function expectSeeds(name: string, seeds: readonly number[]): readonly number[] {
  expectList(name, seeds).forEach((seed, i) => expectInteger(`${name}[${i}]`, seed));
  expectOnce(name, seeds);
  return [...seeds];
}

function expectRecipe(name: string, train: Recipe): Recipe {
  return read(`\`${name}\``, train, RECIPE, `${name}.`);
}
