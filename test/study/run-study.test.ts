import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {
  dataSet,
  formatStudy,
  method,
  metric,
  mergeResults,
  net,
  runStudy,
  strategy,
  type RunResult,
  type StudyArgs,
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

test('what parts return is checked: data, nets, methods and metrics', async () => {
  const errorsOf = async (args: Partial<StudyArgs>) => {
    const mine = studyOf({methods: [gradual], targets: {sparsity: [0.5]}, ...args});
    return (await runStudy(mine, {folder, retryFailed: true})).failed.map(({error}) => error.split('\n')[0]);
  };
  const load = (data: unknown) => ({data: [dataSet({name: 'd', version: 1, load: () => data as never})]});
  const part = (examples: number, targets: number) => ({xs: tf.ones([examples, 2]), ys: tf.ones([targets, 3])});
  const start = 'Expected `load` of data set "d" to return {train: {xs, ys}, test: {xs, ys}}';
  expect(await errorsOf(load(undefined))).toContain(`TypeError: ${start} with tensors, got undefined as train.xs`);
  expect(await errorsOf(load({train: part(4, 4)}))).toContain(
    `TypeError: ${start} with tensors, got undefined as test.xs`,
  );
  expect(await errorsOf(load({train: part(4, 4), test: part(3, 2)}))).toContain(
    `RangeError: ${start} with a row for each example, got 3 and 2 rows in test`,
  );
  expect(await errorsOf({nets: [net({name: 'n', version: 1, make: () => undefined as never})]})).toContain(
    'TypeError: Expected `make` of net "n" to return a model, got undefined',
  );
  const layers = () => [tf.layers.dense({units: 3, activation: 'softmax', inputShape: [2]})];
  const counted = [
    net({name: 'n', version: 2, make: () => tf.sequential({layers: layers()})}),
    net({name: 'n', version: 3, make: () => tf.sequential({layers: [tf.sequential({layers: layers()})]})}),
    net({
      name: 'n',
      version: 4,
      make() {
        const layer = tf.layers.lstm({units: 3});
        const wrapped = tf.layers.bidirectional({name: 'both', layer: layer, mergeMode: 'sum'});
        const shaped = tf.layers.reshape({targetShape: [2, 1], inputShape: [2]});
        return tf.sequential({layers: [shaped, wrapped]});
      },
    }),
  ];
  for (const one of counted) {
    expect((await errorsOf({nets: [one]}))[0]).toMatch(
      /^RangeError: Net "n" must give each layer with weights a `name`/,
    );
  }
  const half = method({name: 'half', version: 1, train: ({net: model}) => ({model}) as never});
  expect(await errorsOf({methods: [half]})).toEqual([
    'TypeError: Expected method "half" to return {model, callbacks: [...]}, got undefined as callbacks',
  ]);
  const text = metric({name: 'text', version: 1, measure: () => '1' as never});
  expect(await errorsOf({metrics: [text]})).toContain('TypeError: Metric "text" must be a number, got "1" (string)');
  const throwsNothing = () => {
    throw undefined as never; // eslint-disable-line @typescript-eslint/only-throw-error
  };
  const thrown = metric({name: 'thrown', version: 1, measure: throwsNothing});
  expect(await errorsOf({metrics: [thrown]})).toContain('undefined');
});

test('metrics of one name and other options are both in the result', async () => {
  const plus = (n: number) => metric({name: 'n', version: 1, options: {n}, measure: (_, __, options) => options.n});
  const mine = studyOf({methods: [gradual], targets: {sparsity: [0.5]}, metrics: [plus(1), plus(2)]});
  const {results} = await runStudy(mine, {folder});
  expect(results[0]!.after.metrics).toEqual({'n {"n":1}': 1, 'n {"n":2}': 2});
  expect(formatStudy(results, {format: 'csv'}).split('\n')[0]).toContain('"after_n {""n"":2}"');
});

test('a net that leaves sizes of its inputs open is measured at those of the data', async () => {
  const make = ({seed, outputShape: [units]}: {seed: number; outputShape: number[]}) => {
    const kernelInitializer = tf.initializers.heNormal({seed});
    const conv = {name: 'conv', filters: 4, kernelSize: 3, kernelInitializer, inputShape: [null as never, 2]};
    const output = tf.layers.dense({name: 'output', units: units!, activation: 'softmax', kernelInitializer});
    return tf.sequential({layers: [tf.layers.conv1d(conv), tf.layers.globalMaxPooling1d({name: 'pool'}), output]});
  };
  const examples = (count: number) => ({
    xs: tf.randomNormal([count, 7, 2], 0, 1, 'float32', count),
    ys: tf.tidy(() =>
      tf
        .oneHot(
          tf.tidy(() => tf.range(0, count, 1, 'int32').mod(tf.scalar(3, 'int32'))),
          3,
        )
        .toFloat(),
    ),
  });
  const data = [dataSet({name: 'lines', version: 1, load: () => ({train: examples(12), test: examples(6)})})];
  const nets = [net({name: 'open', version: 1, make})];
  const methods = [strategy({name: 'globalMagnitude'})];
  const mine = studyOf({data, nets, methods, targets: {multiplyAdds: [0.5]}});
  const {results, failed} = await runStudy(mine, {folder});
  expect(failed).toEqual([]);
  const dense = 5 * 3 * 2 * 4 + 4 * 3; // 5 positions of the convolution
  for (const {run, dense: before, after} of results) {
    expect(before.multiplyAdds).toBe(dense);
    if (run.method) expect(Math.abs(after.nonZeroMultiplyAdds / dense - 0.5)).toBeLessThan(0.05);
  }
});

test('what a net draws without the seed follows from it: all methods begin with the same weights', async () => {
  const begun: Record<string, number[]> = {};
  const noting = (name: string) =>
    method({
      name,
      version: 1,
      train({net: model, seed}) {
        begun[`${name} ${seed}`] = [...model.getWeights()[0]!.dataSync()];
        return {model, callbacks: []};
      },
    });
  const make = ({inputShape}: {inputShape: number[]}) =>
    tf.sequential({layers: [tf.layers.dense({name: 'only', units: 3, activation: 'softmax', inputShape})]});
  const nets = [net({name: 'unseeded', version: 1, make})];
  await runStudy(studyOf({nets, methods: [noting('a'), noting('b')], targets: {sparsity: [0.5]}, seeds: [1, 2]}), {
    folder,
  });
  expect(begun['a 1']).toEqual(begun['b 1']);
  expect(begun['a 2']).toEqual(begun['b 2']);
  expect(begun['a 1']).not.toEqual(begun['a 2']);
});

test('what the listener throws ends the study, and is not noted as a failure of the run', async () => {
  const mine = studyOf({methods: [gradual], targets: {sparsity: [0.5]}});
  const onProgress = () => {
    throw new Error('of the listener');
  };
  await expect(runStudy(mine, {folder, onProgress})).rejects.toThrow('of the listener');
  const {results, failed} = await runStudy(mine, {folder});
  expect(failed).toEqual([]);
  expect(results).toHaveLength(2);
});

test('a metric may compare with the dense net before fine-tuning, and knows the run', async () => {
  const told: unknown[] = [];
  const kept = metric({
    name: 'kept',
    version: 1,
    options: {layer: 'hidden2'},
    async measure(model, _test, {layer}, {trained, method: by, ...call}) {
      told.push([by?.name, call.target, call.sparsity, call.layers, call.seed, (call.data.xs as tf.Tensor).shape]);
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
  expect(results.map(({after}) => after.metrics['kept {"layer":"hidden2"}'])).toEqual([48, 12, 0]); // of 8 x 6
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
  const another = JSON.stringify(results[1]);
  for (const text of ['null', '[]', '{}', '"x"', `{"run":{"id":"${id}"}}`, another]) {
    writeFileSync(join(folder, `${id}.json`), text);
    await expect(runStudy(mine, {folder})).rejects.toThrow(
      `${id}.json does not hold what became of run ${id}; delete it`,
    );
  }
  rmSync(join(folder, `${id}.json`));
  writeFileSync(join(folder, `${id}.failed.json`), '{}');
  await expect(runStudy(mine, {folder})).rejects.toThrow(`${id}.failed.json does not hold`);
  rmSync(join(folder, `${id}.failed.json`));
  expect((await runStudy(mine, {folder})).results).toHaveLength(2);
});

test('the folder of a shard without runs may be empty, and one that is not there is named', async () => {
  const mine = studyOf({methods: [strategy({name: 'random'})], targets: {sparsity: [0.5]}});
  const count = 1000;
  const [runs, empty] = [mine.runs(), join(folder, 'empty')];
  const indices = runs.map(({id}) => (Number.parseInt(id, 16) % count) + 1);
  const index = Array.from({length: count}, (_, i) => i + 1).find(each => !indices.includes(each))!;
  await runStudy(mine, {folder: empty, shard: {index, count}});
  await runStudy(mine, {folder: join(folder, 'all')});
  const into = join(folder, 'into');
  expect(await mergeResults([empty, join(folder, 'all')], into, {anyVersion: false})).toBe(2);
  await expect(mergeResults([join(folder, 'none')], into, {anyVersion: false})).rejects.toThrow('There is no folder');
  await expect(mergeResults([empty], join(folder, 'x'), {anyVersion: false})).rejects.toThrow(
    'There are no results in',
  );
});

test('wrong options are refused before anything is done', async () => {
  const mine = studyOf({methods: [gradual]});
  await expect(runStudy(mine, {folder, run: '123456789012'})).rejects.toThrow('The study has no run 123456789012');
  await expect(runStudy(mine, {folder, run: 'x'})).rejects.toThrow('12 hexadecimal digits');
  await expect(runStudy(mine, {folder, shard: {index: 3, count: 2}})).rejects.toThrow('1 <= index <= count');
  await expect(runStudy(mine, {folder, sharp: 1} as never)).rejects.toThrow('no option `sharp`');
  expect(readdirSync(folder)).toEqual([]);
});
