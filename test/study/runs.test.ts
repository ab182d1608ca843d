import * as fc from 'fast-check';
import {dataSet, method, metric, net, strategy, study, type Run} from 'tfjs-pruning/study';
import {canonicalJson} from '../../src/study/json.js';
import {hashOf} from '../../src/study/run.js';
import {parseShard, runsOfShard, shardOf} from '../../src/study/shard.js';
import {blobs, mlp, RECIPE, studyOf} from './support.js';

fc.configureGlobal({seed: 1});

const VERSIONS = {'tfjs-pruning': '1.0.0', tfjs: '4.22.0', backend: 'wasm'};
const magnitude = strategy({name: 'globalMagnitude'});

test('a study has each method at each target, and one control, for each seed', () => {
  const runs = studyOf({methods: [magnitude, strategy({name: 'random'})], seeds: [1, 5]}).runs(VERSIONS);
  expect(runs).toHaveLength(2 * (1 + 2 * 5));
  expect(runs.filter(({method: one}) => one === null).map(({seed}) => seed)).toEqual([1, 5]);
  expect(new Set(runs.map(({id}) => id)).size).toBe(runs.length);
  expect(JSON.parse(JSON.stringify(runs))).toEqual(runs);
});

test('the id is a hash over all that determines a run', () => {
  const idOf = (change: object = {}, versions = VERSIONS) =>
    studyOf({methods: [magnitude], targets: {compression: [4]}, ...change})
      .runs(versions)
      .find(run => run.method)!.id;
  const id = idOf();
  expect(id).toMatch(/^[0-9a-f]{12}$/);
  expect(idOf({name: 'other', seeds: [1, 2, 3]})).toBe(id);
  const changed = [
    idOf({seeds: [2]}),
    idOf({targets: {compression: [8]}}),
    idOf({targets: {sparsity: [0.75]}}),
    idOf({train: {...RECIPE, epochs: 4}}),
    idOf({methods: [strategy({name: 'globalMagnitude', rounds: 2})]}),
    idOf({nets: [net({name: 'mlp', version: 2, make: mlp.make})]}),
    idOf({denseClassifier: true}),
    idOf({}, {...VERSIONS, backend: 'tensorflow'}),
  ];
  expect(new Set([id, ...changed]).size).toBe(changed.length + 1);
});

test('ids do not depend on the order of keys', () => {
  expect(hashOf({a: 1, b: [{c: 2, d: 3}]})).toBe(hashOf({b: [{d: 3, c: 2}], a: 1}));
  expect(canonicalJson({b: null, a: [true, 'x', 0.5]})).toBe('{"a":[true,"x",0.5],"b":null}');
  // sha256 of {"a":1}, by sha256sum
  expect(hashOf({a: 1})).toBe('015abd7f5cc5');
});

test('what has no name is refused', () => {
  const parts = {data: [blobs], nets: [mlp], methods: [magnitude]};
  const tryWith = (part: object) => () => study({name: 'x', ...parts, train: RECIPE, ...part});
  expect(tryWith({nets: [() => mlp.make({seed: 1, inputShape: [2], inputShapes: [[2]], outputShape: [3]})]})).toThrow(
    'Expected `nets[0]` to be made by net({name, version, ...})',
  );
  expect(tryWith({methods: [blobs]})).toThrow('Expected `methods[0]` to be made by method({name, version, ...})');
  expect(tryWith({nets: [mlp, mlp]})).toThrow('mlp is in it twice');
  expect(tryWith({nets: []})).toThrow('Expected `nets` to be a list of net({...}), got an empty one');
  expect(tryWith({seeds: [1, 2, 1]})).toThrow(
    'Expected `seeds` to hold each of its entries once, but 1 is in it twice',
  );
  expect(tryWith({seeds: []})).toThrow('`seeds`');
  expect(tryWith({seeds: [1, 0.5]})).toThrow('`seeds[1]`');
  expect(tryWith({name: '..'})).toThrow('Expected `name`'); // its folder would be that of all studies
  expect(() => method({name: 'dense', version: 1, prune: ({net: model}) => ({model, callbacks: []})})).toThrow(
    'control',
  );
  expect(tryWith({train: {epochs: 0}})).toThrow('`train.epochs`');
  expect(tryWith({train: {epochs: 1, lr: 1}})).toThrow(
    '`train` has no option `lr`; its options are epochs, tuneEpochs',
  );
  expect(tryWith({train: undefined})).toThrow('`train` expects an object with epochs, tuneEpochs');
  expect(() => net({name: 'a b', version: 1, make: () => mlp as never})).toThrow('Expected `name`');
  expect(() => dataSet({name: 'a', version: 1, options: {f: NaN}, load: () => blobs as never})).toThrow('`options.f`');
  expect(() => method({name: 'a', version: 1})).toThrow('exactly one of `train`, `prune`');
  expect(() => metric({name: 'a', version: 0.5, measure: () => 1})).toThrow('`version`');
});

const runOf = (n: number) => ({id: n.toString(16).padStart(12, '0')}) as Run;

test('shards share all runs, each of them by its own id', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(), {minLength: 1}), fc.integer({min: 1, max: 9}), (numbers, count) => {
      const runs = numbers.map(runOf);
      const shards = Array.from({length: count}, (_, i) => runsOfShard(runs, {index: i + 1, count}));
      expect(
        shards
          .flat()
          .map(({id}) => id)
          .sort(),
      ).toEqual(runs.map(({id}) => id).sort());
      expect(runsOfShard(runs.slice(0, 1), {index: (numbers[0]! % count) + 1, count})).toEqual(runs.slice(0, 1));
    }),
  );
});

test.each([
  [{}, undefined],
  [
    {SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_COUNT: '4', SLURM_ARRAY_TASK_MIN: '5'},
    {index: 3, count: 4},
  ],
  [
    {SLURM_ARRAY_TASK_ID: '0', SLURM_ARRAY_TASK_COUNT: '4', SLURM_ARRAY_TASK_MIN: '0'},
    {index: 1, count: 4},
  ],
  [
    {SLURM_ARRAY_TASK_ID: '9', SLURM_ARRAY_TASK_COUNT: '3', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_STEP: '4'},
    {index: 3, count: 3},
  ],
  [
    {JOB_COMPLETION_INDEX: '0', JOB_COMPLETIONS: '8'},
    {index: 1, count: 8},
  ],
])('a cluster says which shard this is: %j', (environment, shard) => {
  expect(shardOf(environment)).toEqual(shard);
});

test('a shard that is none is refused', () => {
  for (const text of ['0/8', '9/8', '2', 'a/b', '1.5/2', '']) expect(() => parseShard(text)).toThrow('as 2/8');
  expect(() => shardOf({JOB_COMPLETION_INDEX: '3'})).toThrow('JOB_COMPLETIONS');
  expect(parseShard('2/8')).toEqual({index: 2, count: 8});
});
