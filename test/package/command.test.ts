import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {projectWithTarball} from '../support/installed-tarball.js';

let folder: string;
beforeAll(() => {
  folder = projectWithTarball();
});

/** The file that `npx tfjs-pruning` runs. */
function commandIn(cwd: string): string {
  const installed = join(cwd, 'node_modules/tfjs-pruning');
  const {bin} = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {bin: Record<string, string>};
  return join(installed, bin['tfjs-pruning']!);
}

/** The command as `npx tfjs-pruning` runs it. */
function run(args: readonly string[], {cwd = folder, env = {}}: {cwd?: string; env?: NodeJS.ProcessEnv} = {}) {
  const {status, stdout, stderr} = spawnSync(process.execPath, [commandIn(cwd), ...args], {
    cwd,
    encoding: 'utf8',
    env: {...process.env, ...env},
  });
  return {status, stdout, stderr};
}

const STUDY = `
import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential} from '@tensorflow/tfjs-layers';
import {dataSet, method, net, strategy, study} from 'tfjs-pruning/study';
const part = seed => ({
  xs: tf.randomNormal([30, 2], 0, 1, 'float32', seed),
  ys: tf.cast(tf.oneHot(Array.from({length: 30}, (_, i) => i % 3), 3), 'float32'),
});
export default study({
  name: 'tiny',
  data: [dataSet({name: 'noise', version: 1, load: () => ({train: part(1), test: part(2)})})],
  nets: [net({name: 'mlp', version: 1, make: () => sequential({layers: [
    layers.dense({name: 'a', units: 6, inputShape: [2]}),
    layers.dense({name: 'b', units: 3, activation: 'softmax'})]})})],
  methods: [strategy({name: 'globalMagnitude'}), BROKEN],
  targets: {sparsity: [0.5]},
  seeds: [1, 2],
  train: {epochs: 1, tuneEpochs: 1},
});`;
const BROKEN = `method({name: 'broken', version: 1, prune() { throw new Error('out of luck'); }})`;
const write = (name: string, last: string) => {
  writeFileSync(join(folder, name), STUDY.replace('BROKEN', last));
};

test('a study runs in shards, is merged, listed and reported', () => {
  write('tiny.mjs', `strategy({name: 'random'})`);
  const wasm = ['--backend', 'wasm'];
  const dry = run(['study', 'tiny.mjs', '--dry-run', ...wasm]);
  expect(dry.stderr).toBe('');
  expect(dry.stdout).toMatch(/6 of 6 runs are left: about 0\.0\d h on this machine/);
  const shards = [
    run(['study', 'tiny.mjs', '--shard', '1/2', '--folder', 'one', ...wasm]),
    run(['study', 'tiny.mjs', '--folder', 'two', ...wasm], {
      env: {SLURM_ARRAY_TASK_ID: '5', SLURM_ARRAY_TASK_COUNT: '2', SLURM_ARRAY_TASK_MIN: '4'},
    }),
  ];
  expect(shards.map(({status}) => status)).toEqual([0, 0]);
  const filled = ['one', 'two'].filter(name => existsSync(join(folder, name)));
  expect(run(['merge', ...filled, '--into', 'all']).stdout).toBe('6 results are in all\n');
  const list = run(['study', 'tiny.mjs', '--list', '--folder', 'all', ...wasm])
    .stdout.trim()
    .split('\n');
  expect(list).toHaveLength(6);
  expect(list.every(line => /^[0-9a-f]{12} {2}done {4}noise, mlp, /.test(line))).toBe(true);
  const report = run(['report', 'all', '--format', 'markdown', '--html', 'report.html', '--svg', 'plots']);
  expect(report.stdout).toContain('### mlp on noise');
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<svg');
  expect(readdirSync(join(folder, 'plots'))).toEqual(['noise-mlp-top1.svg']);
  const again = run(['study', 'tiny.mjs', '--folder', 'all', ...wasm]);
  expect(again.status).toBe(0);
  expect(again.stdout).toContain('6 of 6 runs are done');
});

test('runs that throw end with the code for "never retry", and are told', () => {
  write('broken.mjs', BROKEN);
  const {status, stdout, stderr} = run(['study', 'broken.mjs', '--backend', 'wasm']);
  expect(status).toBe(64);
  expect(stdout).toContain('4 of 6 runs are done');
  expect(stderr).toContain('broken, 50 % zeros, seed 1 failed:\nError: out of luck');
  expect(stderr).toContain('2 runs failed; --retry-failed tries them again');
});

test('what is wrong is said, with the code for "never retry"', () => {
  writeFileSync(join(folder, 'none.mjs'), 'export default 1;');
  writeFileSync(join(folder, 'typed.ts'), 'export default 1 as number;');
  const wrong = (...args: string[]) => {
    const {status, stderr} = run(args);
    expect(status).toBe(64);
    return stderr;
  };
  expect(wrong('sprout')).toContain('There is no command "sprout"');
  expect(wrong('constructor')).toContain('There is no command "constructor"');
  expect(wrong('study')).toContain('Expected the FILE of a study, got nothing');
  expect(wrong('study', 'nowhere.js')).toContain('There is no file');
  expect(wrong('study', 'none.mjs')).toContain('to export a study by default');
  writeFileSync(join(folder, 'syntax.mjs'), 'export default {');
  writeFileSync(join(folder, 'absent.mjs'), `import 'not-installed';`);
  write('options.mjs', '3');
  expect(wrong('study', 'syntax.mjs')).toContain('syntax.mjs is broken:\nSyntaxError');
  expect(wrong('study', 'absent.mjs')).toContain("Cannot find package 'not-installed'");
  expect(wrong('study', 'options.mjs')).toContain('TypeError: Expected `methods[1]` to be made by method(');
  writeFileSync(join(folder, 'lost.mjs'), `throw Object.assign(new Error('lost'), {code: 'ECONNRESET'});`);
  expect(run(['study', 'lost.mjs']).status).toBe(1); // another try may find the connection again
  expect(wrong('study', 'tiny.mjs', '--workers', '2')).toContain('--workers needs --queue');
  expect(wrong('study', 'tiny.mjs', '--folder', '')).toContain('Expected --folder to be the path of a folder');
  expect(wrong('study', 'tiny.mjs', '--run', '0123456789ab', '--shard', '1/2')).toContain('got both');
  expect(wrong('report', 'tiny.mjs')).toContain('There are no results in tiny.mjs');
  expect(wrong('merge', 'nowhere', '--into', 'here')).toContain('There is no folder');
  expect(wrong('study', 'tiny.mjs', '--sharp', '1/2')).toContain("Unknown option '--sharp'");
  expect(wrong('study', 'tiny.mjs', '--shard', '3/2')).toContain('Expected a shard as 2/8');
  expect(wrong('study', 'tiny.mjs', '--run', '0123456789ab', '--backend', 'wasm')).toContain('The study has no run');
  expect(wrong('study', 'tiny.mjs', '--backend', 'webgl')).toContain('npm install @tensorflow/tfjs-backend-wasm');
  expect(wrong('report', 'nowhere')).toContain('There are no results in nowhere');
  expect(wrong('merge', 'nowhere')).toContain('Expected --into DIR');
  if (!(process.features as {typescript?: unknown}).typescript) {
    expect(wrong('study', 'typed.ts')).toContain('npm install --save-dev tsx');
  }
  expect(run(['--help']).stdout).toContain('Usage: tfjs-pruning <command>');
});

test('the command can be run in a clone after a build', () => {
  expect(statSync('dist/esm/src/cli/main.js').mode & 0o111).toBe(0o111);
});

test('the studies of the guide are listed, and that of your own data runs', () => {
  const study = (name: string, ...args: string[]) =>
    run(['study', `node_modules/tfjs-pruning/examples/studies/${name}.js`, '--backend', 'wasm', ...args]);
  expect(study('first', '--list').stdout.trim().split('\n')).toHaveLength(63);
  const [line] = study('own-data', '--list').stdout.split('\n');
  expect(line).toMatch(/^[0-9a-f]{12} {2}open {4}circle, mlp, dense, seed 1$/);
  const {status, stdout} = study('own-data', '--run', line!.slice(0, 12));
  expect(status).toBe(0);
  expect(Number(/dense +1\.0 x +1\.0 x +(\d+\.\d\d) /.exec(stdout)![1])).toBeGreaterThan(95);
});

test('a study in TypeScript runs where tsx is installed', () => {
  for (const name of ['tsx', 'esbuild', '@esbuild', 'get-tsconfig', 'resolve-pkg-maps']) {
    const [from, to] = [join('node_modules', name), join(folder, 'node_modules', name)];
    if (existsSync(from) && !existsSync(to)) symlinkSync(join(process.cwd(), from), to);
  }
  writeFileSync(
    join(folder, 'typed.mts'),
    STUDY.replace('BROKEN', `strategy({name: 'random'})`).replace('seed =>', '(seed: number) =>'),
  );
  const {status, stderr, stdout} = run(['study', 'typed.mts', '--list', '--backend', 'wasm']);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(6);
});

test('where tf.js is not installed, the line that installs it is printed', () => {
  const empty = mkdtempSync(join(tmpdir(), 'tfjs-pruning-empty-'));
  mkdirSync(join(empty, 'node_modules'));
  cpSync(join(folder, 'node_modules/tfjs-pruning'), join(empty, 'node_modules/tfjs-pruning'), {recursive: true});
  writeFileSync(join(empty, 'tiny.mjs'), STUDY);
  const {status, stderr} = run(['study', 'tiny.mjs'], {cwd: empty});
  expect(status).toBe(64);
  expect(stderr).toContain('npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm tfjs-pruning');
});

test('ends quietly if nobody reads its output any more, as with `| head`', async () => {
  const child = spawn(process.execPath, [commandIn(folder), 'help']);
  child.stdout.destroy();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number];
  expect([code, said]).toEqual([0, '']);
});
