/**
 * Which versions of tf.js load each small file, on demand: `npm run test:old-tfjs`, or `npm run test:old-tfjs -- 3.0.0`
 * for some versions. Each is installed by npm in a temporary folder. Ends with `skipped: ...` where npm can get none.
 */
import {execFileSync, spawnSync} from 'node:child_process';
import {copyFileSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {build} from 'esbuild';
import {table} from '../../src/display/table.js';
import {compressed, quantized} from '../../src/wire/index.js';

const VERSIONS = ['1.0.0', '1.7.4', '2.0.0', '2.1.0', '2.4.0', '2.8.6', '3.0.0', '3.21.0', '4.0.0', '4.10.0', '4.22.0'];
/** How each file is written, and the version from which on tf.js loads it. */
const FILES: Record<string, {by: (target: tf.io.IOHandler) => tf.io.IOHandler; since: string}> = {
  'quantized uint8': {by: target => quantized(target), since: '1.0.0'},
  'quantized uint16': {by: target => quantized(target, {dtype: 'uint16'}), since: '1.0.0'},
  'quantized float16': {by: target => quantized(target, {dtype: 'float16'}), since: '2.1.0'},
  'stock, 4 bits': {by: target => compressed(target, {stock: true, bits: 4}), since: '1.0.0'},
  'stock, float16': {by: target => compressed(target, {stock: true, bits: 4, others: 'float16'}), since: '2.1.0'},
};
const COMPRESSED = {compressed: {others: 'float32'}, 'compressed, float16': {others: 'float16'}} as const;
/** Kernels of old versions add up in another order. */
const TOLERATED = 1e-6;

/** A file, and what the model in it makes of the input. */
interface WrittenFile {
  readonly name: string;
  /** Of tf.js; undefined for a compressed file. */
  readonly artifacts?: Omit<tf.io.ModelArtifacts, 'weightData'>;
  /** In base64. */
  readonly bytes: string;
  readonly output: readonly number[];
}

function net(): tf.Sequential {
  const seeded = (seed: number) => tf.initializers.glorotNormal({seed});
  return tf.sequential({
    layers: [
      tf.layers.conv2d({inputShape: [8, 8, 2], filters: 6, kernelSize: 3, kernelInitializer: seeded(1)}),
      tf.layers.batchNormalization(),
      tf.layers.depthwiseConv2d({kernelSize: 3, activation: 'relu', depthwiseInitializer: seeded(2)}),
      tf.layers.reshape({targetShape: [16, 6]}),
      tf.layers.lstm({units: 7, kernelInitializer: seeded(3), recurrentInitializer: seeded(4)}),
      tf.layers.dense({units: 4, activation: 'softmax', kernelInitializer: seeded(5)}),
    ],
  });
}

async function written(model: tf.Sequential, input: tf.Tensor): Promise<WrittenFile[]> {
  const outputOf = async (handler: tf.io.IOHandler) => {
    return [...((await tf.loadLayersModel(handler)).predict(input) as tf.Tensor).dataSync()];
  };
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const all: WrittenFile[] = [];
  for (const [name, {by}] of Object.entries(FILES)) {
    let saved: tf.io.ModelArtifacts = {};
    const keep = tf.io.withSaveHandler(given => {
      saved = given;
      return Promise.resolve({modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(given)});
    });
    await model.save(by(keep));
    const {weightData, ...artifacts} = saved;
    const bytes = text(new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)));
    all.push({name, artifacts, bytes, output: await outputOf(tf.io.fromMemory(saved))});
  }
  for (const [name, options] of Object.entries(COMPRESSED)) {
    let file = new Uint8Array(0);
    await model.save(compressed({save: bytes => void (file = bytes)}, options));
    all.push({name, bytes: text(file), output: await outputOf(compressed({load: () => file}))});
  }
  return all;
}

/** Distances by the names of files, or what went wrong; undefined if npm can't get the version. */
function loadedBy(version: string, folder: string): Record<string, number | string> | undefined {
  const packages = ['install', '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  const {status} = spawnSync('npm', [...packages, `@tensorflow/tfjs@${version}`], {cwd: folder, stdio: 'ignore'});
  if (status !== 0) return undefined;
  const said = execFileSync(process.execPath, ['load.cjs'], {cwd: folder, encoding: 'utf8', stdio: 'pipe'});
  return JSON.parse(said.trim().split('\n').at(-1)!) as Record<string, number | string>;
}

function isSince(version: string, since: string): boolean {
  return version.localeCompare(since, 'en', {numeric: true}) >= 0;
}

function shown(found: number | string): string {
  return typeof found === 'string' ? 'fails' : found === 0 ? '0' : found.toExponential(0);
}

/** A folder with the files, and what reads them. */
function folderOf(files: string, wire: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-pruning-old-tfjs-'));
  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  writeFileSync(join(folder, 'files.json'), files);
  writeFileSync(join(folder, 'wire.cjs'), wire);
  copyFileSync(new URL('load.cjs', import.meta.url), join(folder, 'load.cjs'));
  return folder;
}

await tf.setBackend('cpu');
const input = tf.randomNormal([5, 8, 8, 2], 0, 1, 'float32', 6);
const files = await written(net(), input);
const {outputFiles} = await build({
  entryPoints: ['src/wire/index.ts'],
  ...{bundle: true, write: false, platform: 'node', format: 'cjs', external: ['@tensorflow/*'], logLevel: 'error'},
});
const rows: string[][] = [];
let [passed, failed] = [0, 0];
const given = process.argv.slice(2);
for (const version of given.length > 0 ? given : VERSIONS) {
  const example = {files, input: {shape: input.shape, values: [...input.dataSync()]}};
  const folder = folderOf(JSON.stringify(example), outputFiles[0]!.text);
  const found = loadedBy(version, folder);
  rmSync(folder, {recursive: true});
  if (!found) {
    console.error(`npm can't get @tensorflow/tfjs ${version}`);
    continue;
  }
  for (const {name} of files) {
    const distance = found[name]!;
    const isLoaded = typeof distance === 'number' && distance <= TOLERATED;
    if (isLoaded === isSince(version, FILES[name]?.since ?? '1.0.0')) passed++;
    else failed++;
  }
  rows.push([version, ...files.map(({name}) => shown(found[name]!))]);
}
if (rows.length === 0) {
  console.log('skipped: npm can get no version of tf.js here');
} else {
  console.log(table(['tf.js', ...files.map(({name}) => name)], rows, {textColumns: 1}));
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
