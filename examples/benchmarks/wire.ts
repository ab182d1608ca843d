/** Compressed models: bytes of the same levels beside other codes, the speed of decoding, and a net as a whole. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Worker} from 'node:worker_threads';
import {build} from 'esbuild';
import {codedBytes, codedSizes} from './support/coded-sizes.js';
import {decodingTimes, type DecodingTimes} from './support/decoding.js';
import {mean, median, report, type Figure} from './support/figures.js';
import {gapBytes} from './support/gap-bytes.js';
import {denseFiles, prunedFiles} from './support/mobile-net-files.js';
import type {LevelKernel} from './support/pruned-levels.js';

const ROUNDS = 9;
const SPARSITIES = [0.8, 0.9];

/** Files of levels (int8, row major, kernel by kernel) that LEVELS may hold, and the bytes that others made of them. */
const KNOWN: Readonly<Record<string, {shapes: [rows: number, columns: number][]; nnc: number; target: number}>> = {
  'lenet300.s0.95.L7': {
    shapes: [
      [784, 300],
      [300, 100],
      [100, 10],
    ],
    nnc: 13_473,
    target: 12_389,
  },
  'lenet5.s0.98.L7': {
    shapes: [
      [25, 20],
      [500, 50],
      [800, 500],
      [500, 10],
    ],
    nnc: 9989,
    target: 9147,
  },
  'rnn.s0.9.L7': {shapes: [[128, 512]], nnc: 5438, target: 4929},
};

async function knownSizes(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, {shapes, nnc, target}] of Object.entries(KNOWN)) {
    const kernels = kernelsIn(join(folder, `${name}.i8`), shapes);
    const ours = await codedBytes(kernels);
    figures.push(
      {what: name, value: ours, unit: 'bytes', target},
      {what: `${name}, ours / ISO NNC`, value: ours / nnc, unit: 'x', target: 1},
      {what: `${name}, ours / gaps, gzipped`, value: ours / gapBytes(kernels), unit: 'x', target: 0.82},
    );
  }
  return figures;
}

function kernelsIn(file: string, shapes: readonly [rows: number, columns: number][]): LevelKernel[] {
  const all = new Int8Array(readFileSync(file));
  let at = 0;
  return shapes.map(([rows, columns]) => {
    return {rows, columns, levels: Int16Array.from(all.subarray(at, (at += rows * columns)))};
  });
}

/** On random weights, which are the same everywhere. */
async function randomSizes(): Promise<Figure[]> {
  const sizes = await codedSizes();
  const ratios = sizes.map(({net, sparsity, ours, nnc}) => {
    return {what: `${net}, ${sparsity * 100} %, ours / ISO NNC`, value: ours / nnc, unit: 'x', target: 1};
  });
  const gaps = sizes.map(({ours, gaps}) => ours / gaps);
  return [
    ...ratios,
    {what: 'mean of ours / ISO NNC', value: mean(ratios.map(({value}) => value)), unit: 'x', target: 0.93},
    {what: 'most of ours / gaps, gzipped', value: Math.max(...gaps), unit: 'x', target: 0.82},
  ];
}

function speeds(where: string, sparsity: number, {weights, compiled, plain}: DecodingTimes): Figure[] {
  const what = `decoding ${(weights / 1e6).toFixed(2)} M weights, ${100 * sparsity} % zeros, ${where}`;
  const milliseconds = median(compiled);
  const nanoseconds = (1e6 * milliseconds) / weights;
  const isGoal = sparsity === 0.9;
  return [
    {what: `${what}, wasm`, value: milliseconds, unit: 'ms', ...(isGoal && {target: 100})},
    {what: `${what}, wasm`, value: nanoseconds, unit: 'ns a weight', ...(isGoal && {target: 40})},
    {what: `${what}, JavaScript`, value: (1e6 * median(plain)) / weights, unit: 'ns a weight'},
  ];
}

/** The same in a worker of Node. */
async function timesInWorker(sparsity: number): Promise<DecodingTimes> {
  const contents = `
    import {parentPort} from 'node:worker_threads';
    import {decodingTimes} from './support/decoding.ts';
    void decodingTimes(${sparsity}, ${ROUNDS}).then(times => parentPort.postMessage(times));`;
  const stdin = {contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' as const};
  const {outputFiles} = await build({stdin, bundle: true, platform: 'node', write: false, tsconfigRaw: {}});
  const worker = new Worker(outputFiles[0]!.text, {eval: true});
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** A whole file of 2.5 M parameters. */
async function prunedFigures(sparsity: number, target: number): Promise<Figure[]> {
  const {parameters, folded, notFolded} = await prunedFiles(sparsity);
  const what = `MobileNet-like, ${(parameters / 1e6).toFixed(2)} M parameters, ${100 * sparsity} % zeros, 4 bits`;
  return [
    {what: `${what}, batch norm folded`, value: folded / 1e6, unit: 'MB', target},
    {what: `${what}, not folded: more`, value: (notFolded - folded) / 1e6, unit: 'MB', target: 0.06},
  ];
}

async function denseFigures(): Promise<Figure[]> {
  const {folded, stock} = await denseFiles();
  return [
    {what: 'MobileNet-like, dense, 8 bits, folded / stock uint8, gzipped', value: folded / stock, unit: 'x', target: 1},
  ];
}

export async function main(): Promise<void> {
  const folder = process.env['LEVELS'];
  const figures = [...(folder === undefined ? [] : await knownSizes(folder)), ...(await randomSizes())];
  for (const sparsity of SPARSITIES) {
    figures.push(...speeds('in Node', sparsity, await decodingTimes(sparsity, ROUNDS)));
    figures.push(...speeds('in a worker', sparsity, await timesInWorker(sparsity)));
  }
  figures.push(...(await prunedFigures(0.8, 0.5)), ...(await prunedFigures(0.9, 0.3)), ...(await denseFigures()));
  report('wire', figures);
}
