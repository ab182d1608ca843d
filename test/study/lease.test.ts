import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import {join} from 'node:path';
import {runStudy, strategy, type StudyProgress} from 'tfjs-pruning/study';
import {Lease} from '../../src/study/lease.js';
import {studyOf} from './support.js';

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
