import {spawn, type ChildProcess} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {createServer, type AddressInfo} from 'node:net';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {projectWithTarball} from '../support/installed-tarball.js';

/** What BullMQ needs, and this project has for its tests only. */
const PACKAGES = [
  ...['@ioredis', 'bullmq', 'cluster-key-slot', 'cron-parser', 'debug', 'denque', 'ioredis', 'luxon', 'ms', 'msgpackr'],
  ...['node-abort-controller', 'redis-errors', 'redis-parser', 'semver', 'standard-as-callback', 'tslib'],
];

const STUDY = `
import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential} from '@tensorflow/tfjs-layers';
import {dataSet, net, strategy, study} from 'tfjs-pruning/study';
const part = seed => ({
  xs: tf.randomNormal([64, 4], 0, 1, 'float32', seed),
  ys: tf.cast(tf.oneHot(Array.from({length: 64}, (_, i) => i % 3), 3), 'float32'),
});
export default study({
  name: 'queued',
  data: [dataSet({name: 'noise', version: 1, load: () => ({train: part(1), test: part(2)})})],
  nets: [net({name: 'mlp', version: 1, make({seed}) {
    const kernelInitializer = {className: 'GlorotUniform', config: {seed}};
    return sequential({name: 'mlp', layers: [
      layers.dense({name: 'a', units: 6, inputShape: [4], kernelInitializer}),
      layers.dense({name: 'b', units: 3, activation: 'softmax', kernelInitializer}),
    ]});
  }})],
  methods: [strategy({name: 'globalMagnitude'}), strategy({name: 'random'})],
  targets: {sparsity: [0.5]},
  seeds: [1, 2, 3, 4],
  train: {epochs: 30, tuneEpochs: 10, batchSize: 8},
});`;

let folder: string;
let port: number;
const started: ChildProcess[] = [];
beforeAll(async () => {
  folder = projectWithTarball();
  for (const name of PACKAGES) {
    const to = join(folder, 'node_modules', name);
    if (!existsSync(to)) symlinkSync(join(process.cwd(), 'node_modules', name), to);
  }
  writeFileSync(join(folder, 'queued.mjs'), STUDY);
  port = await freePort();
});
afterAll(() => started.forEach(child => child.kill('SIGKILL')));

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const {port: free} = server.address() as AddressInfo;
      server.close(() => resolve(free));
    });
  });
}

function start(file: string, args: readonly string[]): ChildProcess {
  const child = spawn(file, args, {cwd: folder, stdio: ['ignore', 'pipe', 'pipe']});
  started.push(child);
  return child;
}

const startRedis = () => start('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no']);

const work = (into: string) =>
  start(process.execPath, [
    'node_modules/tfjs-pruning/dist/esm/src/cli/main.js',
    ...['study', 'queued.mjs', '--backend', 'wasm', '--folder', into, '--queue', `redis://127.0.0.1:${port}`],
  ]);

const ended = (child: ChildProcess) =>
  new Promise<number | null>(resolve =>
    child.exitCode === null ? child.once('exit', resolve) : resolve(child.exitCode),
  );

const filesIn = (into: string) =>
  existsSync(join(folder, into)) ? readdirSync(join(folder, into)).filter(name => /^[0-9a-f]{12}\./.test(name)) : [];

/** What of the results does not depend on the time. */
const lasting = (into: string) =>
  filesIn(into).map(name => {
    const {run, dense, before, after} = JSON.parse(readFileSync(join(folder, into, name), 'utf8')) as Record<
      string,
      unknown
    >;
    return JSON.parse(
      JSON.stringify({run, dense, before, after}, (key, value: unknown) => (key === 'latency' ? 0 : value)),
    ) as unknown;
  });

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await wait(50);
}

test('workers that are killed, and a Redis that restarts empty, lose no run and do none twice', async () => {
  const redis = startRedis();
  const workers = Array.from({length: 4}, () => work('together'));
  const printed: string[] = [];
  for (const worker of workers) worker.stdout!.on('data', (text: Buffer) => printed.push(text.toString()));
  const leases = () =>
    existsSync(join(folder, 'together/leases')) ? readdirSync(join(folder, 'together/leases')) : [];
  await until(() => leases().length >= 2);
  workers.slice(0, 2).forEach(worker => worker.kill('SIGKILL'));
  await until(() => filesIn('together').length >= 3);
  redis.kill('SIGKILL');
  await ended(redis);
  startRedis();
  expect(await Promise.all(workers.slice(2).map(ended))).toEqual([0, 0]);
  expect(filesIn('together')).toHaveLength(12);
  const ids = printed.join('').match(/^[0-9a-f]{12} {2}done/gm) ?? [];
  expect(new Set(ids).size).toBe(ids.length);
  const alone = start(process.execPath, [
    'node_modules/tfjs-pruning/dist/esm/src/cli/main.js',
    ...['study', 'queued.mjs', '--backend', 'wasm', '--folder', 'alone'],
  ]);
  expect(await ended(alone)).toBe(0);
  expect(lasting('together')).toEqual(lasting('alone'));
  expect(leases()).toEqual([]);
});
