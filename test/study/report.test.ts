import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import {
  formatStudy,
  mnist1d,
  pageOfStudy,
  plotsOfStudy,
  type Mnist1dArgs,
  type RunResult,
  type Target,
} from 'tfjs-pruning/study';
import {checklistOf} from '../../src/study/report/checklist.js';
import {deviation, mean, spreadOf} from '../../src/study/report/statistics.js';
import {summaryOf} from '../../src/study/report/summary.js';
import {rateAt} from '../../src/study/recipe.js';
import {VERSION} from '../../src/study/versions.js';

const RECIPE = {
  epochs: 4,
  tuneEpochs: 2,
  batchSize: 10,
  optimizer: 'adam',
  learningRate: 0.1,
  decay: 'linear',
} as const;

const measured = (top1: number, left: number) => ({
  metrics: {top1},
  parameters: 1000,
  nonZeroParameters: left,
  multiplyAdds: 2000,
  nonZeroMultiplyAdds: 2 * left,
  bytes: 4000,
  gzipped: 1500,
  latency: 0.25,
});

const result = (name: string | null, target: Target | null, seed: number, top1: number, left = 1000): RunResult => ({
  run: {
    id: `${name}${seed}`,
    data: {name: 'digits', version: 1, options: {}},
    net: {name: 'lenet <5>', version: 1, options: {}},
    method: name === null ? null : {name, version: 1, options: {}},
    target,
    seed,
    train: {...RECIPE, tuneLearningRate: undefined, loss: 'categoricalCrossentropy'},
    metrics: [{name: 'top1', version: 1, options: {}}],
    denseClassifier: false,
    versions: {'tfjs-pruning': '0.1.0', tfjs: '4.22.0', backend: 'wasm'},
  },
  dense: {parameters: 1000, multiplyAdds: 2000},
  before: name === 'random' ? measured(top1 - 20, left) : null,
  after: measured(top1, left),
  seconds: {train: 10, prune: 0.5, tune: 5},
  machine: 'a machine, with a comma',
  ended: '2026-01-01T00:00:00.000Z',
});

const RESULTS = [
  ...[1, 2, 3].map(seed => result('random', {compression: 4}, seed, 80 + 2 * seed, 250)),
  ...[1, 2, 3].map(seed => result('random', {compression: 2}, seed, 90 + seed, 500)),
  result('slow', {compression: 2}, 1, 93, 500),
  ...[1, 2].map(seed => result(null, null, seed, 98 + seed / 10)),
];

test('means and sample deviations, by hand', () => {
  expect(mean([2, 4, 9])).toBe(5);
  expect(deviation([2, 4, 9])).toBeCloseTo(Math.sqrt(13), 12); // (9 + 1 + 16) / 2
  expect(spreadOf([7])).toEqual({mean: 7, deviation: null});
  expect(spreadOf([])).toBeUndefined();
});

test('rows are means over seeds: the control first, then methods by target', () => {
  const rows = summaryOf(RESULTS);
  expect(rows.map(({method, target, seeds}) => [method, target, seeds])).toEqual([
    ['dense', null, [1, 2]],
    ['random', {compression: 2}, [1, 2, 3]],
    ['random', {compression: 4}, [1, 2, 3]],
    ['slow', {compression: 2}, [1]],
  ]);
  const quarter = rows[2]!;
  expect(quarter.after['top1']).toEqual({mean: 84, deviation: 2});
  expect(quarter.before['top1']).toEqual({mean: 64, deviation: 2});
  expect(quarter.compression.mean).toBe(4);
  expect(quarter.speedup.mean).toBe(4);
  expect(quarter.trainSeconds.mean).toBe(15);
  expect(rows[3]!.before).toEqual({});
});

test('tables for the terminal, Markdown, CSV and JSON', () => {
  const text = formatStudy(RESULTS);
  expect(text).toContain('lenet <5> on digits');
  expect(text).toMatch(
    /random +4 x smaller +4\.0 x +4\.0 x +64\.00 ± 2\.00 +84\.00 ± 2\.00 +1\.5 kB +0\.25 +0\.5 +15 +3/,
  );
  expect(text).toMatch(/slow +2 x smaller +2\.0 x +2\.0 x +93\.00 +1\.5 kB/);
  const markdown = formatStudy(RESULTS, {format: 'markdown'});
  expect(markdown).toContain('| random | 2 x smaller | 2.0 x | 2.0 x | 72.00 ± 1.00 | 92.00 ± 1.00 |');
  const [header, ...lines] = formatStudy(RESULTS, {format: 'csv'}).split('\n');
  expect(header!.split(',').slice(0, 8)).toEqual('id,data,net,method,target,value,seed,compression'.split(','));
  expect(lines).toHaveLength(9);
  expect(lines[0]).toMatch(
    /^random1,digits,lenet <5>,random,compression,4,1,4,4,62,82,1000,250,.*,"a machine, with a comma"$/,
  );
  const {rows, checklist} = JSON.parse(formatStudy(RESULTS, {format: 'json'})) as Record<string, unknown[]>;
  expect(rows).toHaveLength(4);
  expect(checklist).toHaveLength(10);
  expect(() => formatStudy([])).toThrow('at least one result');
  expect(() => formatStudy(RESULTS, {format: 'xml' as never})).toThrow('one of text, markdown, csv, json, got "xml"');
});

/** The same results, of another run. */
const changed = (results: readonly RunResult[], change: Partial<RunResult['run']>) =>
  results.map(each => ({...each, run: {...each.run, ...change}}));

test('results of other recipes, versions and backends are reported apart', () => {
  expect(summaryOf(RESULTS).every(({setting}) => setting === '')).toBe(true);
  const longer = changed(RESULTS, {train: {...RESULTS[0]!.run.train, epochs: 8}});
  const rows = summaryOf([...RESULTS, ...longer]);
  expect(rows).toHaveLength(8);
  expect(rows.map(({setting}) => setting)).toEqual(rows.map((_, i) => (i < 4 ? 'epochs 4' : 'epochs 8')));
  expect(rows.every(({seeds}) => seeds.length <= 3)).toBe(true);
  const text = formatStudy([...RESULTS, ...longer]);
  expect(text).toContain('lenet <5> on digits, epochs 4, 1,000 parameters\n');
  expect(text).toContain('lenet <5> on digits, epochs 8, 1,000 parameters\n');
  expect(plotsOfStudy([...RESULTS, ...longer]).map(({name}) => name)).toEqual([
    'digits-lenet_5_-epochs_4-top1',
    'digits-lenet_5_-epochs_8-top1',
  ]);
  // a rate of fine-tuning that is left out is that of training
  const same = changed(RESULTS, {train: {...RESULTS[0]!.run.train, tuneLearningRate: RECIPE.learningRate}});
  expect(summaryOf([...RESULTS, ...same]).every(({setting}) => setting === '')).toBe(true);
  const versions = {...RESULTS[0]!.run.versions, backend: 'tensorflow'};
  const elsewhere = changed(RESULTS.slice(0, 1), {versions, data: {name: 'digits', version: 2, options: {}}});
  expect(summaryOf([RESULTS[0]!, ...elsewhere]).map(({setting}) => setting)).toEqual([
    'data digits version 1, backend wasm',
    'data digits version 2, backend tensorflow',
  ]);
});

test('versions of a method are told apart where there are several', () => {
  const second = changed(RESULTS.slice(0, 3), {method: {name: 'random', version: 2, options: {}}});
  expect(summaryOf([...RESULTS, ...second]).map(({method, target}) => [method, target])).toEqual([
    ['dense', null],
    ['random version 1', {compression: 2}],
    ['random version 1', {compression: 4}],
    ['random version 2', {compression: 4}],
    ['slow', {compression: 2}],
  ]);
});

test('each kind of target has a plot of its own', () => {
  const zeros = changed(RESULTS.slice(0, 3), {target: {sparsity: 0.75}});
  const plots = plotsOfStudy([...RESULTS, ...zeros]);
  expect(plots.map(({name}) => name)).toEqual(['digits-lenet_5_-compression-top1', 'digits-lenet_5_-sparsity-top1']);
  expect(plots[1]!.svg).toContain('zeros, %');
  expect(plots[1]!.svg).not.toContain('slow');
});

test('the checklist ticks what the results show', () => {
  const marks = Object.fromEntries(checklistOf(RESULTS).map(({point, isMet}) => [point, isMet]));
  expect(marks).toMatchObject({
    'the dense control by the same recipe': true,
    'at least 5 targets': false,
    'at least 3 seeds, with mean and sample deviation': false,
    'the same library, backend and versions': true,
    'one recipe for all': true,
    'random, global and layer-wise magnitude as baselines': false,
    'claims limited to what was run': undefined,
  });
  const found = (results: readonly RunResult[], start: string) =>
    checklistOf(results).find(({point}) => point.startsWith(start))!;
  expect(found(RESULTS, 'at least 5 targets').found).toBe('2 x smaller, 4 x smaller');
  expect(found(RESULTS, 'the same library').found).toBe('tfjs-pruning 0.1.0, tfjs 4.22.0, backend wasm');
  // runs of another recipe are no more seeds, and need a control of their own
  const longer = changed(RESULTS.slice(0, 3), {train: {...RESULTS[0]!.run.train, epochs: 8}});
  expect(found([...RESULTS, ...longer], 'at least 3 seeds').found).toBe('1 in the row with fewest');
  expect(found([...RESULTS, ...longer], 'the dense control').found).toBe('1 of 2');
  const full = RESULTS.filter(({run}) => run.method?.name === 'random');
  expect(checklistOf(full).find(({point}) => point.startsWith('at least 3 seeds'))!.isMet).toBe(true);
  expect(checklistOf(full).find(({point}) => point.startsWith('the dense control'))!.isMet).toBe(false);
});

test('a plot has ticks at round numbers, error bars, a legend, and colors for light and dark pages', () => {
  const [{name, svg}] = plotsOfStudy(RESULTS) as [{name: string; svg: string}];
  expect(name).toBe('digits-lenet_5_-top1');
  const ticks = [...svg.matchAll(/text-anchor="end" class="axis">([^<]*)</g)].map(([, tick]) => Number(tick));
  expect(ticks.every(tick => Number.isInteger(tick))).toBe(true);
  expect(new Set(ticks.slice(1).map((tick, i) => tick - ticks[i]!)).size).toBe(1);
  expect(svg).toContain('lenet &lt;5&gt; on digits');
  expect(svg).toContain('dense, 98.15');
  expect(svg.match(/<path class="c0" d="M[^"]*h8/g)).toHaveLength(1);
  expect(svg).toContain('prefers-color-scheme:dark');
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  const page = pageOfStudy(RESULTS);
  expect(page).toContain('<td>84.00 ± 2.00</td>');
  expect(page).not.toMatch(/<script|NaN|undefined/);
});

test('runs that do not compare are reported apart: other recipes, backends, versions and kinds of targets', () => {
  const changed = (each: RunResult, run: Partial<RunResult['run']>): RunResult => ({
    ...each,
    run: {...each.run, ...run},
  });
  const [first] = RESULTS as [RunResult];
  const longer = RESULTS.map(each => changed(each, {train: {...each.run.train, epochs: 9}}));
  const rows = summaryOf([...RESULTS, ...longer]);
  expect(rows).toHaveLength(8);
  expect(rows.map(({setting}) => setting)).toEqual(rows.map((_, i) => (i < 4 ? 'epochs 4' : 'epochs 9')));
  expect(Math.max(...rows.map(({seeds}) => seeds.length))).toBe(3);
  expect(formatStudy([...RESULTS, ...longer])).toContain('lenet <5> on digits, epochs 9');
  expect(plotsOfStudy([...RESULTS, ...longer]).map(({name}) => name)).toEqual([
    'digits-lenet_5_-epochs_4-top1',
    'digits-lenet_5_-epochs_9-top1',
  ]);
  const onCpu = changed(first, {versions: {...first.run.versions, backend: 'cpu'}});
  expect(summaryOf([first, onCpu]).map(({setting}) => setting)).toEqual(['backend cpu', 'backend wasm']);
  const newer = changed(first, {method: {name: 'random', version: 2, options: {}}});
  expect(summaryOf([first, newer]).map(({method}) => method)).toEqual(['random version 1', 'random version 2']);
  const zeros = [first, changed(first, {target: {sparsity: 0}}), changed(first, {target: {sparsity: 0.5}})];
  const plots = plotsOfStudy(zeros);
  expect(plots.map(({name}) => name)).toEqual(['digits-lenet_5_-compression-top1', 'digits-lenet_5_-sparsity-top1']);
  expect(plots[1]!.svg).toContain('zeros, %');
  expect(plots.map(({svg}) => svg).join()).not.toMatch(/NaN|Infinity/);
});

test('two nets whose names are alike in a file have plots of their own, and Markdown keeps its columns', () => {
  const named = (text: string) => {
    const [first] = RESULTS as [RunResult];
    return {...first, run: {...first.run, net: {...first.run.net, options: {text}}}};
  };
  const names = plotsOfStudy([named('a b'), named('a/b')]).map(({name}) => name);
  expect(new Set(names).size).toBe(2);
  const method = {name: 'm', version: 1, options: {text: 'a|b'}};
  const [first] = RESULTS as [RunResult];
  const markdown = formatStudy([{...first, run: {...first.run, method}}], {format: 'markdown'});
  expect(markdown).toContain('| m {"text":"a\\|b"} | 4 x smaller |');
});

test('the rate of a recipe falls over training, and again over fine-tuning', () => {
  const recipe = {...RECIPE, tuneLearningRate: 0.04, loss: 'x'};
  const rates = (decay: 'constant' | 'linear' | 'cosine') =>
    [0, 1, 2, 3, 4, 5].map(epoch => rateAt({...recipe, decay}, epoch));
  expect(rates('constant')).toEqual([0.1, 0.1, 0.1, 0.1, 0.04, 0.04]);
  [0.1, 0.075, 0.05, 0.025, 0.04, 0.02].forEach((rate, i) => expect(rates('linear')[i]).toBeCloseTo(rate, 12));
  // (1 + cos(pi / 4)) / 2 = 0.853553
  [0.1, 0.0853553, 0.05, 0.0146447, 0.04, 0.02].forEach((rate, i) => expect(rates('cosine')[i]).toBeCloseTo(rate, 6));
});

test('MNIST-1D has 4000 and 1000 lines of 40 numbers, the same each time', async () => {
  const load = async (args?: Mnist1dArgs) => {
    const {train, test: held} = await mnist1d(args).load();
    return {xs: train.xs as tf.Tensor, ys: train.ys, held: held.xs as tf.Tensor};
  };
  const [{xs, ys, held}, again] = [await load(), await load()];
  expect([xs.shape, ys.shape, held.shape]).toEqual([
    [4000, 40, 1],
    [4000, 10],
    [1000, 40, 1],
  ]);
  expect(tf.max(tf.abs(tf.sub(xs, again.xs))).dataSync()[0]).toBe(0);
  expect([...tf.sum(ys, 0).dataSync()]).toEqual(Array(10).fill(400));
  const values = xs.dataSync();
  expect(Math.abs(mean([...values]))).toBeLessThan(0.1);
  expect(deviation([...values])).toBeGreaterThan(0.1);
  expect(deviation([...values])).toBeLessThan(0.4);
  const other = await load({examples: 20, seed: 1});
  expect(other.held.shape).toEqual([4, 40, 1]);
  expect(other.xs.dataSync().slice(0, 5)).not.toEqual(values.slice(0, 5));
});

test('the version is that of the package', () => {
  expect((JSON.parse(readFileSync('package.json', 'utf8')) as {version: string}).version).toBe(VERSION);
});
