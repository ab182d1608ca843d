/**
 * Searched rates against uniform and global ones: VGG-like and ResNet-20-like nets on Fashion-MNIST at half and a
 * quarter of their multiply-adds, with and without fine-tuning.
 *
 * All of it takes hours. It runs in pieces: `SEEDS=1 NETS=VGG TIMES=4 WAYS=greedy npm run bench -- search`. Results
 * gather in `measured/search.json`, and what is there is not measured again; each run prints all of them.
 */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {dirname} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  agents,
  bisection,
  evolution,
  greedy,
  metricScore,
  planChannelPruning,
  recalibrateBatchNorm,
  reinforcement,
  searchRates,
  shrink,
  type ChannelPlan,
  type SearchPolicy,
} from 'tfjs-pruning';
import {fashionImages} from '../support/fashion-mnist.js';
import type {Digits} from '../support/mnist.js';
import {mean, seedShuffling} from './support/figures.js';
import {StepDecay} from './support/step-decay.js';
import {errorOf, multiplyAddsLeft} from './support/study.js';
import {resnet, vgg} from './support/surgery-nets.js';

const FILE = 'examples/benchmarks/measured/search.json';
const BATCH_SIZE = 64;
const EPOCHS = 8;
const TUNING_EPOCHS = 5;
/** Of 6000 images, so many of each class are held out for the score. */
const [PER_CLASS, HELD_OUT, TESTED] = [600, 100, 200];
const RECALIBRATED = 512;
const MAX_SPARSITY = 0.9;

const inputShape: [number, number, number] = [28, 28, 1];
const NETS: Record<string, (seed: number) => tf.LayersModel> = {
  VGG: seed => vgg({seed, inputShape, stages: [[8, 8], [16, 16], [32]], dense: [32]}),
  'ResNet-20': seed => resnet({seed, inputShape, widths: [8, 16, 32], stemStrides: 2}),
};

const POLICIES: Record<string, () => SearchPolicy> = {
  bisection: () => bisection(),
  greedy: () => greedy(),
  evolution: () => evolution({generations: episodes(400)}),
  reinforcement: () => reinforcement({episodes: episodes(400), warmUp: episodes(400) / 4}),
  agents: () => agents({episodes: episodes(400)}),
};
const WAYS = ['uniform', 'global', ...Object.keys(POLICIES)];

/** Seeds, nets, times and ways to run: all, or those that the environment names, separated by commas. */
const chosen = (name: string, all: readonly string[]) => process.env[name]?.split(',') ?? [...all];

/** The length of a search that can be as long as one likes. */
function episodes(usual: number): number {
  return Number(process.env['EPISODES'] ?? usual);
}

/** The errors of a small net, in percent, and what it took to find it. */
interface Cell {
  readonly left: number;
  readonly recalibrated: number;
  readonly tuned: number;
  readonly evaluations?: number;
  readonly minutes?: number;
  /** The policy's own last proposal: of agents, what they have learned. */
  readonly own?: Pick<Cell, 'left' | 'recalibrated' | 'tuned'>;
  /** The score of each evaluation, in order. */
  readonly curve?: readonly number[];
}

type Cells = Record<string, Cell>;

interface Data {
  readonly train: Digits;
  readonly heldOut: Digits;
  readonly test: Digits;
}

async function fit(model: tf.LayersModel, {x, y}: Digits, epochs: number, rates: [number, number]): Promise<void> {
  const callbacks = [new StepDecay(rates, [epochs - 2])];
  await model.fit(x, y, {epochs, batchSize: BATCH_SIZE, verbose: 0, callbacks});
}

/** The trained net; it is kept on disk for the next piece. */
async function denseNet(name: string, seed: number, {train}: Data): Promise<tf.LayersModel> {
  const folder = `bench-results/search/${name}-${seed}`;
  if (!existsSync(folder)) {
    seedShuffling(seed);
    const model = NETS[name]!(seed);
    model.compile({optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
    await fit(model, train, EPOCHS, [0.05, 0.005]);
    mkdirSync('bench-results/search', {recursive: true});
    await model.save(`file://./${folder}`);
    model.dispose();
  }
  const model = await tf.loadLayersModel(`file://./${folder}/model.json`);
  model.compile({optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}

/** The errors of the net that a plan leaves. */
async function measured(
  dense: tf.LayersModel,
  plan: ChannelPlan,
  seed: number,
  {train, test}: Data,
): Promise<Pick<Cell, 'left' | 'recalibrated' | 'tuned'>> {
  const small = await shrink(dense, plan);
  const left = multiplyAddsLeft(small, dense);
  const few = tf.slice(train.x, 0, RECALIBRATED);
  await recalibrateBatchNorm(small, {data: {xs: few}, batchSize: BATCH_SIZE});
  const recalibrated = errorOf(small, test);
  seedShuffling(seed);
  await fit(small, train, TUNING_EPOCHS, [0.02, 0.002]);
  const tuned = errorOf(small, test);
  small.dispose();
  few.dispose();
  return {left, recalibrated, tuned};
}

async function cellOf(dense: tf.LayersModel, left: number, way: string, seed: number, data: Data): Promise<Cell> {
  const target = {multiplyAdds: left};
  if (way === 'global') {
    return measured(dense, await planChannelPruning(dense, {...target, maxSparsity: MAX_SPARSITY}), seed, data);
  }
  const few = tf.slice(data.train.x, 0, RECALIBRATED);
  const {x: xs, y: ys} = data.heldOut;
  const score = metricScore({data: {xs, ys}, metric: 'acc', recalibrate: {xs: few}, batchSize: 250});
  const isUniform = way === 'uniform';
  const policy = isUniform ? bisection() : POLICIES[way]!();
  const evaluations = isUniform ? 1 : Infinity;
  const found = await searchRates(dense, {target, score, policy, seed, evaluations});
  few.dispose();
  const cell = await measured(dense, found.plan, seed, data);
  if (isUniform) return cell;
  const isOwn = JSON.stringify(found.last.plan.remove) === JSON.stringify(found.plan.remove);
  return {
    ...cell,
    evaluations: found.history.length,
    minutes: found.minutes,
    own: isOwn ? cell : await measured(dense, found.last.plan, seed, data),
    curve: found.history.map(each => each.score),
  };
}

function savedCells(): Cells {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as {cells: Cells}).cells : {};
}

function save(cells: Cells): void {
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${tf.getBackend()}`;
  mkdirSync(dirname(FILE), {recursive: true});
  writeFileSync(FILE, `${JSON.stringify({name: 'search', machine, cells}, null, 2)}\n`);
}

/** Orders the images of all classes at random, always in the same way. */
function shuffled({x, y}: Digits): Digits {
  seedShuffling(0);
  const order = tf.tensor1d([...tf.util.createShuffledIndices(x.shape[0])], 'int32');
  return {x: tf.gather(x, order), y: tf.gather(y, order)};
}

/** Prints the means over the seeds that are there. */
function print(cells: Cells): void {
  const rows = new Map<string, Cell[]>();
  for (const [key, cell] of Object.entries(cells)) {
    const what = key.replace(/, seed \d+$/, '');
    rows.set(what, [...(rows.get(what) ?? []), cell]);
  }
  const figure = (values: readonly (number | undefined)[]) => {
    const known = values.filter(value => value !== undefined);
    return (known.length > 0 ? mean(known).toFixed(2) : '').padStart(9);
  };
  console.log(`\n${''.padEnd(34)}    left %  recalib.     tuned      own     tuned   evaluations   minutes   seeds`);
  for (const [what, list] of [...rows].sort()) {
    const columns = [
      list.map(({left}) => left),
      list.map(({recalibrated}) => recalibrated),
      list.map(({tuned}) => tuned),
      list.map(({own}) => own?.recalibrated),
      list.map(({own}) => own?.tuned),
      list.map(({evaluations}) => evaluations),
      list.map(({minutes}) => minutes),
    ];
    console.log(`${what.padEnd(34)} ${columns.map(figure).join(' ')} ${String(list.length).padStart(7)}`);
  }
}

/** Says which of the claims hold in the mean over the seeds. */
function judge(cells: Cells): void {
  const of = (net: string, times: string, way: string, read: (cell: Cell) => number | undefined) => {
    const found = Object.entries(cells).filter(([key]) => key.startsWith(`${net}, ${times} x fewer, ${way}, `));
    return mean(found.map(([, cell]) => read(cell) ?? NaN));
  };
  const claims = Object.keys(NETS).flatMap(net => [
    ...['2', '4'].flatMap(times =>
      Object.keys(POLICIES).map(way => {
        const [searched, uniform] = [way, 'uniform'].map(each => of(net, times, each, ({tuned}) => tuned));
        return [
          `${net}, ${times} x fewer: ${way}, fine-tuned, is at least as good as uniform`,
          searched! - uniform!,
        ] as const;
      }),
    ),
    ...['reinforcement', 'agents'].map(way => {
      const own = of(net, '4', way, cell => cell.own?.recalibrated);
      const uniform = of(net, '4', 'uniform', ({recalibrated}) => recalibrated);
      return [`${net}, 4 x fewer: the final policy of ${way} beats uniform`, own - uniform] as const;
    }),
  ]);
  for (const [claim, difference] of claims.filter(([, value]) => !Number.isNaN(value))) {
    console.log(`${difference <= 0 ? 'holds       ' : 'DOES NOT HOLD'} ${claim} (${difference.toFixed(2)} points)`);
  }
}

/** Runs the chosen pieces that are not measured yet. */
export async function main(): Promise<void> {
  const images = shuffled(fashionImages(PER_CLASS));
  const held = 10 * HELD_OUT;
  const part = (begin: number, count: number): Digits => {
    return {x: tf.slice(images.x, begin, count), y: tf.slice(images.y, begin, count)};
  };
  const data: Data = {
    heldOut: part(0, held),
    train: part(held, 10 * PER_CLASS - held),
    test: fashionImages(TESTED, PER_CLASS),
  };
  const cells = savedCells();
  for (const seed of chosen('SEEDS', ['1', '2', '3']).map(Number)) {
    for (const net of chosen('NETS', Object.keys(NETS))) {
      const dense = await denseNet(net, seed, data);
      console.log(`search  seed ${seed}  ${net}, dense: ${errorOf(dense, data.test).toFixed(2)} %`);
      for (const times of chosen('TIMES', ['2', '4'])) {
        for (const way of chosen('WAYS', WAYS)) {
          const key = `${net}, ${times} x fewer, ${way}, seed ${seed}`;
          if (cells[key]) continue;
          cells[key] = await cellOf(dense, 1 / Number(times), way, seed, data);
          console.log(
            `search  ${key}: ${cells[key].recalibrated.toFixed(2)} %, tuned ${cells[key].tuned.toFixed(2)} %`,
          );
          save(cells);
        }
      }
      dense.dispose();
    }
  }
  print(cells);
  judge(cells);
}
