import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {net, runStudy, strategy, type Run, type StudyProgress} from 'tfjs-pruning/study';
import {Lease} from '../../src/study/lease.js';
import {withSeededRandom} from '../../src/study/seeded-random.js';
import {trainedNet} from '../../src/study/trained-net.js';
import {blobs, mlp, studyOf} from './support.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lease-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true, force: true});
});

const path = () => join(folder, 'leases/a.json');

/** Another process's lease that was last renewed so many seconds ago. */
function heldBy(holder: {host: string; pid: number}, seconds: number): void {
  writeFileSync(path(), JSON.stringify({token: 'other', ...holder}));
  const then = new Date(Date.now() - 1000 * seconds);
  utimesSync(path(), then, then);
}

test('one process at a time holds the lease of a run', async () => {
  const mine = await Lease.take(folder, 'a');
  expect(mine).toBeDefined();
  expect(await Lease.take(folder, 'a')).toBeUndefined();
  const other = await Lease.take(folder, 'b');
  expect(readdirSync(join(folder, 'leases')).sort()).toEqual(['a.json', 'b.json']);
  await mine!.release();
  await other!.release();
  expect(readdirSync(join(folder, 'leases'))).toEqual([]);
  await (await Lease.take(folder, 'a'))!.release();
});

test('a lease is taken over when it was not renewed, or its process is gone', async () => {
  await (await Lease.take(folder, 'a'))!.release();
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  heldBy({host: 'elsewhere', pid: 1}, 10);
  expect(await Lease.take(folder, 'a')).toBeUndefined();
  heldBy({host: hostname(), pid: process.pid}, 10);
  expect(await Lease.take(folder, 'a')).toBeUndefined();
  for (const take of [
    () => heldBy({host: 'elsewhere', pid: 1}, 60),
    () => heldBy({host: hostname(), pid: gone}, 10),
    () => writeFileSync(path(), '{"tok'),
  ]) {
    take();
    const taken = await Lease.take(folder, 'a');
    expect(taken).toBeDefined();
    await taken!.release();
  }
  expect(readdirSync(join(folder, 'leases'))).toEqual([]);
});

test('who has lost a lease does not give back that of another', async () => {
  const mine = await Lease.take(folder, 'a');
  heldBy({host: 'elsewhere', pid: 1}, 0);
  await mine!.release();
  expect(JSON.parse(readFileSync(path(), 'utf8'))).toMatchObject({token: 'other'});
});

test('a run that another process is doing is left to it', async () => {
  const mine = studyOf({methods: [strategy({name: 'random'})], targets: {sparsity: [0.5]}});
  const [first, second] = mine.runs();
  const held = await Lease.take(folder, first!.id);
  const told: StudyProgress[] = [];
  const {results} = await runStudy(mine, {folder, onProgress: progress => told.push(progress)});
  expect(results.map(({run}) => run.id)).toEqual([second!.id]);
  expect(told.filter(({isElsewhere}) => isElsewhere)).toHaveLength(1);
  await held!.release();
  expect((await runStudy(mine, {folder})).results).toHaveLength(2);
});

test('a trained net is trained once, by one process, and the same whichever run needs it first', async () => {
  const dropping = net({
    name: 'dropping',
    version: 1,
    make: call => {
      const model = tf.sequential({name: 'dropping', layers: mlp.make(call).layers.slice(0, 2)});
      model.add(tf.layers.dropout({rate: 0.5}));
      model.add(tf.layers.dense({name: 'output', units: 3, activation: 'softmax', kernelInitializer: 'ones'}));
      return model;
    },
  });
  const [dense, pruned] = studyOf({
    nets: [dropping],
    methods: [strategy({name: 'random'})],
    targets: {sparsity: [0.5]},
  }).runs();
  const data = await blobs.load();
  let made = 0;
  const train = (run: Run, place: string) =>
    withSeededRandom(run.id, () => {
      const make = () => (made++, dropping.make({seed: 1, inputShape: [2], inputShapes: [[2]], outputShape: [3]}));
      return trainedNet(run, make, data, place, () => undefined);
    });
  const one = await Promise.all([train(dense!, join(folder, 'one')), train(pruned!, join(folder, 'one'))]);
  expect(made).toBe(1);
  const others = [await train(dense!, join(folder, 'two')), await train(pruned!, join(folder, 'three'))];
  const weightsOf = (model: tf.LayersModel) => model.getWeights().map(weight => [...weight.dataSync()]);
  expect(weightsOf(one[1].model)).toEqual(weightsOf(one[0].model));
  for (const {model} of others) expect(weightsOf(model)).toEqual(weightsOf(one[0].model));
});
