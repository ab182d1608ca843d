/**
 * The smallest files of trained nets, against the dense float32 weights: LeNet-300-100 and LeNet-5, pruned, trained
 * with quantized weights and learning from the dense net, then stripped, shrunk and compressed. The whole file counts,
 * and the error is that of the net that is loaded from it.
 *
 * It runs in pieces: `SEEDS=1 WAYS=300-75 npm run bench -- wire-goals`. Results gather in `measured/wire-goals.json`,
 * and what is there is not measured again; each run prints all of them.
 */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import groupBy from 'lodash/groupBy.js';
import {
  distill,
  entropyPenalty,
  globalRanking,
  isPrunableLayer,
  prunable,
  quantizationAware,
  shrink,
  sparsityReport,
  stripPruning,
  type Penalty,
} from 'tfjs-pruning';
import {GradualPruning, ScheduledPenalty} from 'tfjs-pruning/callbacks';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {compressed} from 'tfjs-pruning/wire';
import {testDigits, trainingDigits, type Digits} from '../support/mnist.js';
import {mean, seedShuffling} from './support/figures.js';
import {lenet300, lenet5} from './support/seeded-nets.js';
import {errorOf} from './support/study.js';

const FILE = 'examples/benchmarks/measured/wire-goals.json';
const BATCH_SIZE = 100;
const RATE = 0.001;

const NETS = {
  300: {make: lenet300, epochs: 20},
  5: {make: lenet5, epochs: 12},
};

/** How a net becomes small. */
interface Way {
  readonly net: keyof typeof NETS;
  readonly bits: number;
  readonly epochs: number;
  /** The last part of the training, in which the learning rate falls to zero. Defaults to all of it. */
  readonly decay?: number;
  /** By gradual pruning. */
  readonly sparsity?: number;
  /** By a penalty on code lengths. */
  readonly bytes?: number;
}

const WAYS: Record<string, Way> = {
  '300-pruned-96.5': {net: 300, sparsity: 0.965, bits: 4, epochs: 40},
  '300-pruned-96.9': {net: 300, sparsity: 0.969, bits: 3, epochs: 30},
  '300-pruned-96.9-late': {net: 300, sparsity: 0.969, bits: 3, epochs: 40, decay: 1 / 3},
  '300-both-9300': {net: 300, sparsity: 0.965, bytes: 9300, bits: 4, epochs: 50},
  '300-pruned-98': {net: 300, sparsity: 0.98, bits: 3, epochs: 40},
  '300-bytes-8400': {net: 300, bytes: 8400, bits: 3, epochs: 30},
  '5-pruned-99.1': {net: 5, sparsity: 0.991, bits: 4, epochs: 20},
};

/** The share of the dense net in the loss. */
const TEACHER = 0.5;

/** Falls linearly to zero in the last part of the training, one step per epoch. */
class LinearDecay extends tf.Callback {
  readonly #epochs: number;
  readonly #part: number;

  constructor(epochs: number, part: number) {
    super();
    this.#epochs = epochs;
    this.#part = part;
  }

  override onEpochBegin(epoch: number): Promise<void> {
    const left = (1 - epoch / this.#epochs) / this.#part;
    (this.model.optimizer as unknown as {learningRate: number}).learningRate = RATE * Math.min(1, left);
    return Promise.resolve();
  }
}

interface Cell {
  readonly error: number;
  readonly minutes: number;
  /** Of the whole file. */
  readonly bytes?: number;
  /** How many times the float32 weights of the dense net are as large. */
  readonly ratio?: number;
  /** Weights that are not zero. */
  readonly kept?: number;
  /** What `entropyPenalty` says that the kernels take, relative to what they do. */
  readonly estimated?: number;
}

type Cells = Record<string, Cell>;

const known = (): Cells => (existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Cells) : {});

function save(id: string, cell: Cell): void {
  mkdirSync(dirname(FILE), {recursive: true});
  writeFileSync(FILE, `${JSON.stringify({...known(), [id]: cell}, null, 2)}\n`);
  console.log(id, JSON.stringify(cell));
}

const chosen = (name: string, all: readonly string[]) => process.env[name]?.split(',') ?? [...all];

async function train(
  model: tf.LayersModel,
  digits: Digits,
  {epochs, decay: part = 1}: Pick<Way, 'epochs' | 'decay'>,
  callbacks: tf.Callback[],
): Promise<number> {
  const begun = performance.now();
  const decay = new LinearDecay(epochs, part);
  await model.fit(digits.x, digits.y, {
    epochs,
    batchSize: BATCH_SIZE,
    verbose: 0,
    callbacks: [...callbacks, decay],
  });
  return (performance.now() - begun) / 60_000;
}

function compile(model: tf.LayersModel): void {
  model.compile({optimizer: new FusedAdam(RATE), loss: 'categoricalCrossentropy'});
}

/** The dense net of a seed: trained once, and kept in a file. */
async function denseNet(net: keyof typeof NETS, seed: number, digits: Digits, test: Digits): Promise<tf.LayersModel> {
  const folder = resolve(`bench-results/wire-goals/${net}-${seed}`);
  const {make, epochs} = NETS[net];
  if (existsSync(folder)) return tf.loadLayersModel(`file://${folder}/model.json`);
  seedShuffling(seed);
  const model = make(seed);
  compile(model);
  const minutes = await train(model, digits, {epochs}, []);
  save(`${net}-dense ${seed}`, {error: errorOf(model, test), minutes});
  await model.save(`file://${folder}`);
  return model;
}

async function measure(way: Way, seed: number, digits: Digits, test: Digits): Promise<Cell> {
  const dense = await denseNet(way.net, seed, digits, test);
  seedShuffling(seed);
  const model = prunable(dense, {parametrizations: [quantizationAware({bits: way.bits})]});
  compile(model);
  const teaching = distill(model, dense, {temperature: 4, weight: TEACHER});
  const penalty = entropyPenalty({strength: 1e-7, bits: way.bits});
  const minutes = await train(model, digits, way, callbacksOf(way, penalty));
  teaching.remove();
  const small = await shrink(stripPruning(model));
  const {bytes, loaded} = await throughFile(small);
  const {total} = await sparsityReport(small);
  small.setWeights(small.getWeights().map(weight => (weight.rank > 1 ? tf.zerosLike(weight) : weight)));
  const others = (await throughFile(small)).bytes;
  return {
    error: errorOf(loaded, test),
    bytes,
    ratio: (4 * dense.countParams()) / bytes,
    kept: total.weights - total.zeros,
    estimated: estimatedBytes(model, penalty) / (bytes - others),
    minutes,
  };
}

function callbacksOf({sparsity, bytes}: Way, penalty: Penalty): tf.Callback[] {
  return [
    ...(sparsity === undefined ? [] : [new GradualPruning({sparsity, allocation: globalRanking()})]),
    ...(bytes === undefined ? [] : [new ScheduledPenalty({penalty, target: {bytes}})]),
  ];
}

async function throughFile(model: tf.LayersModel): Promise<{bytes: number; loaded: tf.LayersModel}> {
  let bytes = new Uint8Array(0);
  const file = compressed({save: given => void (bytes = given), load: () => bytes}, {others: 'float16'});
  await model.save(file);
  return {loaded: await tf.loadLayersModel(file), bytes: bytes.length};
}

/** What the penalty thinks that the kernels take. */
function estimatedBytes(model: tf.LayersModel, {code}: Penalty): number {
  const weights = model.layers.filter(isPrunableLayer).flatMap(({maskedWeights}) => maskedWeights);
  return tf.tidy(() => {
    const bits = weights.map(({kernel, mask, layout}) => code!.lengthOf(tf.mul(kernel.read(), mask.read()), layout));
    return tf.addN(bits).dataSync()[0]! / 8;
  });
}

function print(cells: Cells): void {
  const groups = groupBy(Object.entries(cells), ([id]) => id.split(' ')[0]);
  for (const [name, own] of Object.entries(groups)) {
    const keys = Object.keys(own[0]![1]) as (keyof Cell)[];
    const means = keys.map(key => `${key} ${mean(own.map(([, cell]) => cell[key]!)).toFixed(3)}`);
    console.log(`${name.padEnd(20)} ${own.length} seeds  ${means.join('  ')}`);
  }
}

export async function main(): Promise<void> {
  const [digits, test] = [trainingDigits(), testDigits()];
  for (const name of chosen('WAYS', Object.keys(WAYS))) {
    for (const seed of chosen('SEEDS', ['1', '2', '3'])) {
      if (known()[`${name} ${seed}`]) continue;
      save(`${name} ${seed}`, await measure(WAYS[name]!, Number(seed), digits, test));
    }
  }
  print(known());
}
