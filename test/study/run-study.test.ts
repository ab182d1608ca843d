import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {
  formatStudy,
  method,
  metric,
  mergeResults,
  runStudy,
  strategy,
  type RunResult,
  type StudyProgress,
} from 'tfjs-pruning/study';
import {RECIPE, studyOf} from './support.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'study-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true, force: true});
});

const gradual = method({
  name: 'GradualPruning',
  version: 1,
  train: ({net, sparsity}) => ({model: prunable(net), callbacks: [new GradualPruning({sparsity})]}),
});

/** What of a result does not depend on the time. */
const lasting = ({run, dense, before, after}: RunResult): unknown =>
  JSON.parse(JSON.stringify({run, dense, before, after}, (key, value: unknown) => (key === 'latency' ? 0 : value)));

const filesIn = (place: string) =>
  (existsSync(place) ? readdirSync(place, {recursive: true, withFileTypes: true}) : []).filter(each => each.isFile());

test('methods reach their target; runs are skipped when they are there; the results are equal again', async () => {
  const strategies = ['random', 'globalMagnitude', 'layerMagnitude', 'globalGradient', 'layerActivation'] as const;
  const methods = [
    ...strategies.map(name => strategy({name})),
    strategy({name: 'globalMagnitude', rounds: 2}),
    gradual,
  ];
  const mine = studyOf({methods, targets: {compression: [3]}});
  const told: StudyProgress[] = [];
  const {results, failed} = await runStudy(mine, {folder, onProgress: progress => told.push(progress)});
  expect(failed).toEqual([]);
  expect(results).toHaveLength(8);
  for (const {run, dense, before, after} of results) {
    expect(dense).toEqual({parameters: 99, multiplyAdds: 82});
    // 99 / 3 = 33 of 99 parameters, of which 17 are biases: 16 of 82 weights, but for rounding in each layer.
    expect(Math.abs(after.nonZeroParameters - (run.method ? 33 : 99))).toBeLessThanOrEqual(1);
    expect(before === null).toBe(run.method === null || run.method.name === 'GradualPruning');
    if (!run.method) expect(after.metrics['top1']).toBeGreaterThan(60);
  }
  expect(told.at(-1)).toMatchObject({done: 8, total: 8});
  expect(told.filter(({result}) => result)).toHaveLength(8);
  // Nothing is left to do.
  told.length = 0;
  const again = await runStudy(mine, {folder, onProgress: progress => told.push(progress)});
  expect(told).toEqual([]);
  expect(again.results).toEqual(results);
  // Done anew, in another folder: the same, and merged without copies.
  const other = join(folder, 'other');
  const anew = await runStudy(mine, {folder: other});
  expect(anew.results.map(lasting)).toEqual(results.map(lasting));
  expect(await mergeResults([folder, other], join(folder, 'all'), {anyVersion: false})).toBe(8);
  expect(readdirSync(folder).filter(name => name.startsWith('.'))).toEqual([]);
  expect(formatStudy(results)).toContain('mlp on blobs');
});

test('multiply-adds are met by a search for the sparsity', async () => {
  const mine = studyOf({methods: [strategy({name: 'globalMagnitude'})], targets: {multiplyAdds: [0.5]}});
  const {results} = await runStudy(mine, {folder});
  const pruned = results.find(({run}) => run.method)!;
  expect(pruned.after.nonZeroMultiplyAdds).toBe(41);
});

test('a classifier can be left dense', async () => {
  const mine = studyOf({methods: [strategy({name: 'random'})], targets: {sparsity: [0.5]}, denseClassifier: true});
  const {results} = await runStudy(mine, {folder});
  expect(results.find(({run}) => run.method)!.after.nonZeroParameters).toBe(99 - 64 / 2);
});

test('a run that was killed goes on from its last epoch, to the same result', async () => {
  let epochs = 0;
  const mine = studyOf({methods: [gradual], targets: {sparsity: [0.5]}});
  const run = mine.runs()[1]!.id;
  const whole = await runStudy(mine, {folder: join(folder, 'whole'), run});
  const abort = new AbortController();
  const stopped = runStudy(mine, {
    folder,
    run,
    signal: abort.signal,
    onProgress: ({epoch}) => {
      epochs++;
      if (epoch === 3) abort.abort(new Error('killed'));
    },
  });
  await expect(stopped).rejects.toThrow('killed');
  expect(epochs).toBe(3);
  const seen: number[] = [];
  const {results} = await runStudy(mine, {folder, run, onProgress: ({epoch, result}) => result ?? seen.push(epoch)});
  expect(seen.length).toBeLessThan(5);
  expect(results.map(lasting)).toEqual(whole.results.map(lasting));
});

test('a run that throws is noted, the others go on, and it is tried again when asked', async () => {
  let isBroken = true;
  const broken = method({
    name: 'broken',
    version: 1,
    prune({net}) {
      if (isBroken) throw new Error('out of luck');
      return {model: net, callbacks: []};
    },
  });
  const mine = studyOf({methods: [broken, strategy({name: 'random'})], targets: {sparsity: [0.5]}});
  const first = await runStudy(mine, {folder});
  expect(first.results).toHaveLength(2);
  expect(first.failed.map(({error}) => error.split('\n')[0])).toEqual(['Error: out of luck']);
  isBroken = false;
  expect((await runStudy(mine, {folder})).failed).toHaveLength(1);
  const retried = await runStudy(mine, {folder, retryFailed: true});
  expect(retried.failed).toEqual([]);
  expect(retried.results).toHaveLength(3);
  expect(readdirSync(folder).some(name => name.includes('failed'))).toBe(false);
});

test('a run that fails leaves no tensor, nor one without fine-tuning', async () => {
  const late = method({
    name: 'late',
    version: 1,
    prune({net}) {
      throw new Error(`too late for ${net.name}`);
    },
  });
  const worst = metric({name: 'worst', version: 1, measure: () => NaN});
  const train = {...RECIPE, tuneEpochs: 0};
  const before = tf.memory().numTensors;
  const mine = studyOf({methods: [late, gradual], targets: {sparsity: [0.5]}, train});
  expect((await runStudy(mine, {folder})).failed).toHaveLength(1);
  const none = studyOf({methods: [gradual], targets: {sparsity: [0.5]}, metrics: [worst], train});
  expect((await runStudy(none, {folder})).failed).toHaveLength(2);
  expect(tf.memory().numTensors).toBe(before);
});

test('a metric that is no number is a failure, not a result', async () => {
  const worst = metric({name: 'worst', version: 1, measure: () => NaN});
  const mine = studyOf({methods: [gradual], targets: {sparsity: [0.5]}, metrics: [worst]});
  const {results, failed} = await runStudy(mine, {folder});
  expect(results).toEqual([]);
  expect(failed[0]!.error).toContain('Metric "worst" is NaN');
});

test('a metric may compare with the dense net before fine-tuning, and knows the run', async () => {
  const told: unknown[] = [];
  const kept = metric({
    name: 'kept',
    version: 1,
    options: {layer: 'hidden2'},
    async measure(model, _test, {layer}, {trained, method: by, ...call}) {
      told.push([by?.name, call.target, call.sparsity, call.layers, call.seed, call.data.xs.shape]);
      const [ours, theirs] = [model, await trained()].map(each => each.getLayer(layer).getWeights()[0]!.dataSync());
      const left = [...ours!.keys()].filter(i => ours![i] !== 0);
      return left.filter(i => ours![i] === theirs![i]).length;
    },
  });
  const methods = [strategy({name: 'layerMagnitude'}), gradual];
  const train = {...RECIPE, tuneEpochs: 0};
  const mine = studyOf({methods, targets: {sparsity: [0.75]}, metrics: [kept], train});
  const before = tf.memory().numTensors;
  const {results, failed} = await runStudy(mine, {folder});
  expect(failed).toEqual([]);
  expect(tf.memory().numTensors).toBe(before);
  expect(results.map(({after}) => after.metrics['kept'])).toEqual([48, 12, 0]); // of 8 x 6 weights
  const layers = ['hidden1', 'hidden2', 'output'];
  expect(told).toEqual([
    [undefined, {sparsity: 0}, 0, layers, 1, [90, 2]],
    ['layerMagnitude', {sparsity: 0.75}, 0.75, layers, 1, [90, 2]],
    ['GradualPruning', {sparsity: 0.75}, 0.75, layers, 1, [90, 2]],
  ]);
});

test('the trained net is shared, and no tensor is left', async () => {
  const mine = studyOf({methods: [strategy({name: 'globalMagnitude'}), gradual], targets: {sparsity: [0.5]}});
  await runStudy(mine, {folder: join(folder, 'warm')});
  const before = tf.memory().numTensors;
  const {results} = await runStudy(mine, {folder});
  expect(tf.memory().numTensors).toBe(before);
  expect(readdirSync(join(folder, 'trained')).filter(name => !name.endsWith('-backup'))).toHaveLength(1);
  const seconds = results.filter(({run}) => run.method?.name !== 'GradualPruning').map(each => each.seconds.train);
  expect(new Set(seconds).size).toBe(1);
  expect(filesIn(join(folder, 'backups'))).toEqual([]);
});

test('a broken result file is named, and results of two versions are not merged by chance', async () => {
  const mine = studyOf({methods: [strategy({name: 'random'})], targets: {sparsity: [0.5]}});
  const {results} = await runStudy(mine, {folder});
  const {id} = results[0]!.run;
  const other = join(folder, 'other');
  await mergeResults([folder], other, {anyVersion: false});
  const changed = {...results[0]!, run: {...results[0]!.run, id: '0123456789ab', versions: {backend: 'cpu'}}};
  writeFileSync(join(other, '0123456789ab.json'), JSON.stringify(changed));
  await expect(mergeResults([folder, other], join(folder, 'all'), {anyVersion: false})).rejects.toThrow('versions');
  expect(existsSync(join(folder, 'all'))).toBe(false);
  expect(await mergeResults([folder, other], join(folder, 'all'), {anyVersion: true})).toBe(3);
  writeFileSync(join(folder, `${id}.json`), readFileSync(join(folder, `${id}.json`), 'utf8').slice(0, 40));
  await expect(runStudy(mine, {folder})).rejects.toThrow(`${id}.json is no JSON`);
});

test('wrong options are refused before anything is done', async () => {
  const mine = studyOf({methods: [gradual]});
  await expect(runStudy(mine, {folder, run: '123456789012'})).rejects.toThrow('The study has no run 123456789012');
  await expect(runStudy(mine, {folder, run: 'x'})).rejects.toThrow('12 hexadecimal digits');
  await expect(runStudy(mine, {folder, shard: {index: 3, count: 2}})).rejects.toThrow('1 <= index <= count');
  await expect(runStudy(mine, {folder, sharp: 1} as never)).rejects.toThrow('no option `sharp`');
  expect(readdirSync(folder)).toEqual([]);
});
