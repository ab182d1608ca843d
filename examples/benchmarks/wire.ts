/** Compressed models: bytes of the same levels beside other codes, the speed of decoding, and a net as a whole. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Worker} from 'node:worker_threads';
import {build} from 'esbuild';
import * as tf from '@tensorflow/tfjs';
import {globalRanking, prunable, pruneOnce} from 'tfjs-pruning';
import {compressed} from 'tfjs-pruning/wire';
import {codedBytes, codedSizes} from './support/coded-sizes.js';
import {decodingTimes, type DecodingTimes} from './support/decoding.js';
import {mean, median, report, type Figure} from './support/figures.js';
import {gapBytes} from './support/gap-bytes.js';
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

function knownSizes(folder: string): Figure[] {
  return Object.entries(KNOWN).flatMap(([name, {shapes, nnc, target}]) => {
    const kernels = kernelsIn(join(folder, `${name}.i8`), shapes);
    const ours = codedBytes(kernels);
    return [
      {what: name, value: ours, unit: 'bytes', target},
      {what: `${name}, ours / ISO NNC`, value: ours / nnc, unit: 'x', target: 1},
      {what: `${name}, ours / gaps, gzipped`, value: ours / gapBytes(kernels), unit: 'x', target: 0.82},
    ];
  });
}

function kernelsIn(file: string, shapes: readonly [rows: number, columns: number][]): LevelKernel[] {
  const all = new Int8Array(readFileSync(file));
  let at = 0;
  return shapes.map(([rows, columns]) => {
    return {rows, columns, levels: Int16Array.from(all.subarray(at, (at += rows * columns)))};
  });
}

/** On random weights, which are the same everywhere. */
function randomSizes(): Figure[] {
  const sizes = codedSizes();
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
    parentPort.postMessage(decodingTimes(${sparsity}, ${ROUNDS}));`;
  const stdin = {contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' as const};
  const {outputFiles} = await build({stdin, bundle: true, platform: 'node', write: false, tsconfigRaw: {}});
  const worker = new Worker(outputFiles[0]!.text, {eval: true});
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** A whole file of 2.5 M parameters: He-normal weights, pruned by magnitude; batch normalizations are not folded. */
async function wholeFile(sparsity: number, target: number): Promise<Figure[]> {
  const model = mobileNet();
  const pruned = prunable(model);
  await pruneOnce(pruned, {sparsity, allocation: globalRanking()});
  let bytes = 0;
  await pruned.save(compressed({save: file => void (bytes = file.length)}, {bits: 4, others: 'float16'}));
  const parameters = model.countParams() / 1e6;
  for (const each of [pruned, model]) each.dispose();
  const what = `MobileNet-like, ${parameters.toFixed(2)} M parameters, ${100 * sparsity} % zeros, 4 bits, not folded`;
  return [{what, value: bytes / 1e6, unit: 'MB', target}];
}

/** MobileNetV1 (Howard et al. 2017) of width 7/8, for 5 classes. */
function mobileNet(): tf.LayersModel {
  const {layers, initializers} = tf;
  const widths = [32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024].map(each => (each * 7) / 8);
  const strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1];
  let seed = 0;
  const he = () => initializers.heNormal({seed: seed++});
  const net = tf.sequential();
  const normed = (layer: tf.layers.Layer) => {
    for (const each of [layer, layers.batchNormalization(), layers.reLU({maxValue: 6})]) net.add(each);
  };
  const same = {padding: 'same', useBias: false} as const;
  const first = {inputShape: [224, 224, 3], kernelSize: 3, strides: 2, kernelInitializer: he()};
  normed(layers.conv2d({filters: widths[0]!, ...first, ...same}));
  for (const [i, stride] of strides.entries()) {
    normed(layers.depthwiseConv2d({kernelSize: 3, strides: stride, depthwiseInitializer: he(), ...same}));
    normed(layers.conv2d({filters: widths[i + 1]!, kernelSize: 1, kernelInitializer: he(), ...same}));
  }
  net.add(layers.globalAveragePooling2d({}));
  net.add(layers.dense({units: 5, activation: 'softmax', kernelInitializer: he()}));
  return net;
}

export async function main(): Promise<void> {
  const folder = process.env['LEVELS'];
  const figures = [...(folder === undefined ? [] : knownSizes(folder)), ...randomSizes()];
  for (const sparsity of SPARSITIES) {
    figures.push(...speeds('in Node', sparsity, decodingTimes(sparsity, ROUNDS)));
    figures.push(...speeds('in a worker', sparsity, await timesInWorker(sparsity)));
  }
  figures.push(...(await wholeFile(0.8, 0.56)), ...(await wholeFile(0.9, 0.36)));
  report('wire', figures);
}
