/**
 * A published model, without its data: ESRGAN Slim x2 with channels removed in one shot, brought back by `reconstruct`
 * and by distillation from itself, on generated pictures.
 *
 * All of it takes most of an hour. It runs in pieces: `SPARSITIES=30 CHOICES=wanda STARTS=reconstruct npm run bench --
 * super-resolution`; `SECONDS=0` leaves out the distillation. Results gather in `measured/super-resolution.json`, and
 * what is there is not measured again; each run prints all of them.
 */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {dirname} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  distill,
  formatChannelPlan,
  globalRanking,
  maskChannels,
  modelCost,
  planChannelPruning,
  prunable,
  reconstruct,
  shrink,
  stripPruning,
  wanda,
  type ChannelPlan,
  type PlanChannelPruningArgs,
} from 'tfjs-pruning';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {esrganSlim, photograph, publishedSample} from './support/esrgan.js';
import {pictures} from './support/pictures.js';
import {bilinear, psnr, resolutionsOf, type Resolutions} from './support/resolution.js';
import {UntilSpent} from './support/until-spent.js';

const FILE = 'examples/benchmarks/measured/super-resolution.json';
const SEEDS = {tested: 1, seen: 2, distilled: 1000};
/** Sides of large pictures; the model sees half of them. */
const [SIDE, TRAINING_SIDE] = [96, 48];
const [TESTED, SEEN, BATCH_SIZE] = [32, 16, 8];
/** Of the processor, for distillation; 0 leaves it out. */
const SECONDS = Number(process.env['SECONDS'] ?? 300);
const RATE = 0.001;

/** How channels are chosen: by the defaults, without data, or by what goes through them. */
const CHOICES: Record<string, (seen: tf.Tensor4D) => PlanChannelPruningArgs> = {
  magnitude: () => ({}),
  wanda: xs => ({criterion: wanda(), allocation: globalRanking(), data: {xs}, batchSize: BATCH_SIZE}),
};

/** How they are removed, before distillation. */
const STARTS: Record<string, (dense: tf.LayersModel, plan: ChannelPlan, seen: tf.Tensor4D) => Promise<tf.LayersModel>> =
  {
    reconstruct: reconstructed,
    'one shot': (dense, plan) => shrink(dense, plan),
  };

/** Sparsities and starts to run: all, or those that the environment names, separated by commas. */
const chosen = (name: string, all: readonly string[]) => process.env[name]?.split(',') ?? [...all];

/** PSNR in decibels. */
interface Quality {
  /** Against the true large picture. */
  readonly truth: number;
  /** Against what the dense model makes of the small one; undefined if that is the same. */
  readonly dense?: number;
}

interface Cell {
  readonly pictures: Quality;
  readonly photograph: Quality;
  /** Percent that are left. */
  readonly parameters?: number;
  readonly multiplyAdds?: number;
  /** Seconds of the processor that it took in all. */
  readonly seconds?: number;
  readonly steps?: number;
}

type Cells = Record<string, Cell>;

/** The same channels are gone, and those that are left make up for them. */
async function reconstructed(dense: tf.LayersModel, plan: ChannelPlan, seen: tf.Tensor4D): Promise<tf.LayersModel> {
  const masked = prunable(dense);
  await maskChannels(masked, plan);
  await reconstruct(masked, {teacher: dense, data: {xs: seen}, batchSize: BATCH_SIZE});
  const shrunk = await shrink(masked);
  const model = stripPruning(shrunk);
  [masked, shrunk].forEach(each => each.dispose());
  return model;
}

/** Learns what the dense model makes of pictures that are new in each step. @returns how many steps it took. */
async function learnFrom(dense: tf.LayersModel, model: tf.LayersModel): Promise<number> {
  model.compile({optimizer: new FusedAdam(RATE), loss: 'meanSquaredError'});
  const distillation = distill(model, dense, {weight: 1});
  const batches = tf.data.generator(function* () {
    for (let seed = SEEDS.distilled; ; seed++) {
      const xs = tf.tidy(() => resolutionsOf(pictures(BATCH_SIZE, TRAINING_SIDE, seed)).small);
      yield {xs, ys: distillation.noLabels(xs)};
    }
  });
  const budget = new UntilSpent({seconds: SECONDS, rate: RATE});
  await model.fitDataset(batches, {epochs: 1, verbose: 0, callbacks: [budget]});
  distillation.remove();
  return budget.steps;
}

/** Pictures at both resolutions, and what the dense model makes of the small ones. */
interface Test extends Resolutions {
  readonly byDense: tf.Tensor4D;
}

function testOf(dense: tf.LayersModel, large: tf.Tensor4D): Test {
  const resolutions = resolutionsOf(large);
  return {...resolutions, byDense: enlargedBy(dense, resolutions.small)};
}

function enlargedBy(model: tf.LayersModel, small: tf.Tensor4D): tf.Tensor4D {
  return model.predict(small, {batchSize: BATCH_SIZE}) as tf.Tensor4D;
}

function qualityOf(enlarge: (small: tf.Tensor4D) => tf.Tensor4D, {small, large, byDense}: Test): Quality {
  return tf.tidy(() => {
    const enlarged = enlarge(small);
    const dense = psnr(enlarged, byDense);
    return {truth: psnr(enlarged, large), ...(dense < Infinity && {dense})};
  });
}

type Tests = Readonly<Record<'pictures' | 'photograph', Test>>;

function cellOf(enlarge: (small: tf.Tensor4D) => tf.Tensor4D, tests: Tests): Cell {
  return {pictures: qualityOf(enlarge, tests.pictures), photograph: qualityOf(enlarge, tests.photograph)};
}

function cellOfModel(model: tf.LayersModel, dense: tf.LayersModel, tests: Tests): Cell {
  const [left, all] = [model, dense].map(each => modelCost(each, {inputShapes: [[SIDE / 2, SIDE / 2, 3]]}).total);
  return {
    ...cellOf(small => enlargedBy(model, small), tests),
    parameters: (100 * left!.parameters) / all!.parameters,
    multiplyAdds: (100 * left!.multiplyAdds) / all!.multiplyAdds,
  };
}

/** The result of an action, and the seconds of the processor that it took. */
async function timed<T>(action: () => Promise<T>): Promise<[result: T, seconds: number]> {
  const start = process.cpuUsage();
  const result = await action();
  const {user, system} = process.cpuUsage(start);
  return [result, (user + system) / 1e6];
}

/** Saves what a pruned model is worth, before and after distillation, unless that is known. */
async function measure(
  key: string,
  prune: () => Promise<tf.LayersModel>,
  dense: tf.LayersModel,
  tests: Tests,
): Promise<void> {
  const distilledKey = `${key}, distill`;
  if (savedCells()[SECONDS > 0 ? distilledKey : key]) return;
  const [model, seconds] = await timed(prune);
  save(key, {...cellOfModel(model, dense, tests), seconds});
  if (SECONDS > 0) {
    const [steps, distilling] = await timed(() => learnFrom(dense, model));
    save(distilledKey, {...cellOfModel(model, dense, tests), seconds: seconds + distilling, steps});
  }
  model.dispose();
}

function savedCells(): Cells {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as {cells: Cells}).cells : {};
}

/** Adds a cell to those that are saved, by this process or another. */
function save(key: string, cell: Cell): void {
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${tf.getBackend()}`;
  const cells = {...savedCells(), [key]: cell};
  mkdirSync(dirname(FILE), {recursive: true});
  writeFileSync(FILE, `${JSON.stringify({name: 'super-resolution', machine, cells}, null, 2)}\n`);
}

/** Prints all that is measured. */
function print(cells: Cells): void {
  const figure = (value: number | undefined, digits = 2) => (value?.toFixed(digits) ?? '').padStart(11);
  const heads = ['truth', 'dense', 'photograph', 'dense', 'param. %', 'mult-adds %', 'seconds', 'steps'];
  console.log(`\n${''.padEnd(36)}${heads.map(head => head.padStart(11)).join(' ')}`);
  for (const [what, {pictures, photograph, parameters, multiplyAdds, seconds, steps}] of Object.entries(cells)) {
    const decibels = [pictures.truth, pictures.dense, photograph.truth, photograph.dense];
    const columns = [...[...decibels, parameters, multiplyAdds].map(each => figure(each)), figure(seconds, 0)];
    console.log(`${what.padEnd(36)}${[...columns, figure(steps, 0)].join(' ')}`);
  }
}

/** Says which of the claims hold: the loss against the truth says little if bilinear interpolation has none, either. */
function judge(cells: Cells): void {
  const [dense, byBilinear] = [cells['dense']!, cells['bilinear']!];
  for (const [what, {pictures}] of Object.entries(cells).filter(([key]) => key.startsWith('30 %'))) {
    const lost = dense.pictures.truth - pictures.truth;
    const nearer = pictures.dense! - byBilinear.pictures.dense!;
    claim(`${what}: within 1 dB of dense (${lost.toFixed(2)} dB)`, lost <= 1);
    claim(`${what}: nearer to dense than bilinear interpolation (by ${nearer.toFixed(2)} dB)`, nearer > 0);
  }
}

/** By how much what the model makes of the photograph differs at most from the sample of its authors. */
function furthestFromSample(dense: tf.LayersModel): number {
  return tf.tidy(() => {
    const made = tf.clipByValue(enlargedBy(dense, photograph()), 0, 255);
    return tf.max(tf.abs(tf.sub(made, publishedSample()))).dataSync()[0]!;
  });
}

function claim(what: string, holds: boolean): void {
  console.log(`${holds ? 'holds       ' : 'DOES NOT HOLD'} ${what}`);
}

/** Runs the chosen pieces that are not measured yet. */
export async function main(): Promise<void> {
  const dense = await esrganSlim();
  claim('the model makes what its authors published, to within rounding', furthestFromSample(dense) < 0.501);
  const tests: Tests = {
    pictures: testOf(dense, pictures(TESTED, SIDE, SEEDS.tested)),
    photograph: testOf(dense, photograph()),
  };
  save('bilinear', cellOf(bilinear, tests));
  save(
    'dense',
    cellOf(small => enlargedBy(dense, small), tests),
  );
  const seen = tf.tidy(() => resolutionsOf(pictures(SEEN, SIDE, SEEDS.seen)).small);
  for (const percent of chosen('SPARSITIES', ['30', '50'])) {
    for (const choice of chosen('CHOICES', Object.keys(CHOICES))) {
      const plan = await planChannelPruning(dense, {sparsity: Number(percent) / 100, ...CHOICES[choice]!(seen)});
      console.log(formatChannelPlan(plan));
      for (const start of chosen('STARTS', Object.keys(STARTS))) {
        await measure(`${percent} %, ${choice}, ${start}`, () => STARTS[start]!(dense, plan, seen), dense, tests);
      }
    }
  }
  print(savedCells());
  judge(savedCells());
}
