/**
 * A published model, without its data: ESRGAN Slim x2 with channels removed in one shot, brought back by `reconstruct`
 * and by distillation from itself, on generated pictures.
 *
 * It takes most of an hour, and runs in pieces: `SPARSITIES=30 WAYS=distill npm run bench -- super-resolution`. Results
 * gather in `measured/super-resolution.json`, and what is there is not measured again; each run prints all of them.
 */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {dirname} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  distill,
  formatChannelPlan,
  maskChannels,
  modelCost,
  planChannelPruning,
  prunable,
  reconstruct,
  shrink,
  stripPruning,
  type ChannelPlan,
} from 'tfjs-pruning';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {esrganSlim, photograph} from './support/esrgan.js';
import {pictures} from './support/pictures.js';
import {bilinear, psnr, resolutionsOf, type Resolutions} from './support/resolution.js';
import {UntilSpent} from './support/until-spent.js';

const FILE = 'examples/benchmarks/measured/super-resolution.json';
const SEEDS = {tested: 1, seen: 2, distilled: 3};
/** Sides of large pictures; the model sees half of them. */
const [SIDE, TRAINING_SIDE] = [96, 48];
const [TESTED, SEEN, BATCH_SIZE] = [32, 32, 8];
const SECONDS = 300;
const RATE = 0.001;

type Way = (dense: tf.LayersModel, plan: ChannelPlan) => Promise<{model: tf.LayersModel; steps?: number}>;

const WAYS: Record<string, Way> = {
  'one shot': async (dense, plan) => ({model: await shrink(dense, plan)}),
  reconstruct: async (dense, plan) => ({model: await reconstructed(dense, plan)}),
  distill: async (dense, plan) => distilled(await shrink(dense, plan), dense),
  'reconstruct, distill': async (dense, plan) => distilled(await reconstructed(dense, plan), dense),
};

/** Sparsities and ways to run: all, or those that the environment names, separated by commas. */
const chosen = (name: string, all: readonly string[]) => process.env[name]?.split(',') ?? [...all];

/** PSNR in decibels: against the true large picture, and against what the dense model makes of the small one. */
interface Quality {
  readonly truth: number;
  readonly dense: number;
}

interface Cell {
  readonly pictures: Quality;
  readonly photograph: Quality;
  /** Percent that are left. */
  readonly parameters?: number;
  readonly multiplyAdds?: number;
  readonly seconds?: number;
  readonly steps?: number;
}

type Cells = Record<string, Cell>;

/** The same channels are gone, and those that are left make up for them. */
async function reconstructed(dense: tf.LayersModel, plan: ChannelPlan): Promise<tf.LayersModel> {
  const masked = prunable(dense);
  await maskChannels(masked, plan);
  const {large, small} = resolutionsOf(pictures(SEEN, SIDE, SEEDS.seen));
  await reconstruct(masked, {teacher: dense, data: {xs: small}, batchSize: BATCH_SIZE});
  const shrunk = await shrink(masked);
  const model = stripPruning(shrunk);
  tf.dispose([large, small]);
  [masked, shrunk].forEach(each => each.dispose());
  return model;
}

/** Learns what the dense model makes of new pictures in each step. */
async function distilled(model: tf.LayersModel, dense: tf.LayersModel): Promise<{model: tf.LayersModel; steps: number}> {
  model.compile({optimizer: new FusedAdam(RATE), loss: 'meanSquaredError'});
  const distillation = distill(model, dense, {weight: 1});
  const batches = tf.data.generator(function* () {
    for (let seed = 1; ; seed++) {
      const xs = tf.tidy(() => resolutionsOf(pictures(BATCH_SIZE, TRAINING_SIDE, 1000 * SEEDS.distilled + seed)).small);
      yield {xs, ys: distillation.noLabels(xs)} as tf.TensorContainer;
    }
  });
  const budget = new UntilSpent({seconds: SECONDS, rate: RATE});
  await model.fitDataset(batches, {epochs: 1, verbose: 0, callbacks: [budget]});
  distillation.remove();
  return {model, steps: budget.steps};
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
    return {truth: psnr(enlarged, large), dense: psnr(enlarged, byDense)};
  });
}

type Tests = Readonly<Record<'pictures' | 'photograph', Test>>;

function cellOf(enlarge: (small: tf.Tensor4D) => tf.Tensor4D, tests: Tests): Cell {
  return {pictures: qualityOf(enlarge, tests.pictures), photograph: qualityOf(enlarge, tests.photograph)};
}

async function cellOfWay(way: string, dense: tf.LayersModel, plan: ChannelPlan, tests: Tests): Promise<Cell> {
  const start = process.cpuUsage();
  const {model, steps} = await WAYS[way]!(dense, plan);
  const {user, system} = process.cpuUsage(start);
  const [left, all] = [model, dense].map(each => modelCost(each, {inputShapes: [[SIDE / 2, SIDE / 2, 3]]}).total);
  const cell = {
    ...cellOf(small => enlargedBy(model, small), tests),
    parameters: (100 * left!.parameters) / all!.parameters,
    multiplyAdds: (100 * left!.multiplyAdds) / all!.multiplyAdds,
    seconds: (user + system) / 1e6,
    ...(steps !== undefined && {steps}),
  };
  model.dispose();
  return cell;
}

function savedCells(): Cells {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as {cells: Cells}).cells : {};
}

function save(cells: Cells): void {
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${tf.getBackend()}`;
  mkdirSync(dirname(FILE), {recursive: true});
  writeFileSync(FILE, `${JSON.stringify({name: 'super-resolution', machine, cells}, null, 2)}\n`);
}

/** Prints all that is measured. */
function print(cells: Cells): void {
  const figure = (value: number | undefined, digits = 2) => (value?.toFixed(digits) ?? '').padStart(11);
  const heads = ['truth', 'dense', 'photograph', 'dense', 'param. %', 'mult-adds %', 'seconds', 'steps'];
  console.log(`\n${''.padEnd(28)}${heads.map(head => head.padStart(11)).join(' ')}`);
  for (const [what, {pictures, photograph, parameters, multiplyAdds, seconds, steps}] of Object.entries(cells)) {
    const decibels = [pictures.truth, pictures.dense, photograph.truth, photograph.dense];
    const columns = [...[...decibels, parameters, multiplyAdds].map(each => figure(each)), figure(seconds, 0)];
    console.log(`${what.padEnd(28)}${[...columns, figure(steps, 0)].join(' ')}`);
  }
}

/** Says whether the target is met. */
function judge(cells: Cells): void {
  const [dense, small] = [cells['dense'], cells['30 %, reconstruct, distill']];
  if (!dense || !small) return;
  for (const of of ['pictures', 'photograph'] as const) {
    const lost = dense[of].truth - small[of].truth;
    console.log(`${lost <= 1 ? 'holds       ' : 'DOES NOT HOLD'} 30 %, ${of}: within 1 dB of dense (${lost.toFixed(2)} dB)`);
  }
}

/** Runs the chosen pieces that are not measured yet. */
export async function main(): Promise<void> {
  const dense = await esrganSlim();
  const tests: Tests = {
    pictures: testOf(dense, pictures(TESTED, SIDE, SEEDS.tested)),
    photograph: testOf(dense, photograph()),
  };
  const cells = savedCells();
  cells['bilinear'] = cellOf(bilinear, tests);
  cells['dense'] = cellOf(small => enlargedBy(dense, small), tests);
  for (const percent of chosen('SPARSITIES', ['30', '50'])) {
    const plan = await planChannelPruning(dense, {sparsity: Number(percent) / 100});
    console.log(formatChannelPlan(plan));
    for (const way of chosen('WAYS', Object.keys(WAYS))) {
      const key = `${percent} %, ${way}`;
      if (cells[key]) continue;
      cells[key] = await cellOfWay(way, dense, plan, tests);
      save(cells);
    }
  }
  print(cells);
  judge(cells);
}
