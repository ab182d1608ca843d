/**
 * What relaxed SIMD gives the kernels of training: processor time of a step at batch 64 with FusedAdam, and how far the
 * losses of a training get from those with SIMD. Node 20 needs `--experimental-wasm-relaxed-simd`.
 */
import * as tf from '@tensorflow/tfjs';
import {completeWasmBackend, FusedAdam, type WasmKernels} from 'tfjs-pruning/wasm';
import {trainingDigits} from '../support/mnist.js';
import {interleaved, median, medianRatio, report, seededRandom, type Figure} from './support/figures.js';
import {NETS, type Net} from './support/nets.js';

const BATCH_SIZE = 64;
const BUILDS = ['relaxed-simd', 'simd'] as const;

/** For each net the steps timed in a row, and the steps of which losses are compared. */
const STEPS: Record<Net, {timed: number; rounds: number; compared: number}> = {
  'LeNet-300-100': {timed: 40, rounds: 31, compared: 100},
  'LeNet-5': {timed: 4, rounds: 21, compared: 100},
  'ResNet-20-like': {timed: 1, rounds: 15, compared: 20},
  'MobileNet-like': {timed: 1, rounds: 15, compared: 20},
};

/** A net whose weights are the same in each call. */
function compiledNet(net: Net): tf.LayersModel {
  const model = NETS[net]();
  model.weights.forEach((weight, i) => {
    if (!/kernel/i.test(weight.originalName)) return;
    const fanIn = tf.util.sizeFromShape((weight.shape as number[]).slice(0, -1));
    const values = tf.randomNormal(weight.shape as number[], 0, Math.sqrt(1 / fanIn), 'float32', i + 1);
    weight.write(values);
    values.dispose();
  });
  model.compile({optimizer: new FusedAdam(), loss: 'categoricalCrossentropy'});
  return model;
}

/** Digits, or noise of the shape that the net takes, the same in each call. */
function batchOf(model: tf.LayersModel, digits: tf.Tensor, labels: tf.Tensor, step: number): [tf.Tensor, tf.Tensor] {
  const shape = model.inputs[0]!.shape.slice(1) as number[];
  const y = tf.slice(labels, step * BATCH_SIZE, BATCH_SIZE);
  if (shape[0] === 28) return [tf.slice(digits, step * BATCH_SIZE, BATCH_SIZE), y];
  const random = seededRandom(step + 1);
  const noise = Float32Array.from({length: BATCH_SIZE * tf.util.sizeFromShape(shape)}, () => random() - 0.5);
  return [tf.tensor(noise, [BATCH_SIZE, ...shape]), y];
}

/** The losses of so many steps with one build. */
async function losses(kernels: WasmKernels, net: Net, steps: number, {x, y}: {x: tf.Tensor; y: tf.Tensor}) {
  completeWasmBackend({kernels});
  const model = compiledNet(net);
  const list: number[] = [];
  for (let step = 0; step < steps; step++) {
    const batch = batchOf(model, x, y, step);
    list.push((await model.trainOnBatch(...batch)) as number);
    tf.dispose(batch);
  }
  model.dispose();
  return list;
}

async function compare(net: Net, data: {x: tf.Tensor; y: tf.Tensor}): Promise<Figure[]> {
  const {timed, rounds, compared} = STEPS[net];
  const model = compiledNet(net);
  const batch = batchOf(model, data.x, data.y, 0);
  const time = (kernels: WasmKernels) => async () => {
    completeWasmBackend({kernels});
    const before = process.cpuUsage();
    for (let i = 0; i < timed; i++) await model.trainOnBatch(...batch);
    const {user, system} = process.cpuUsage(before);
    return (user + system) / 1000 / timed;
  };
  const contenders = Object.fromEntries(BUILDS.map(build => [build, time(build)])) as Record<
    (typeof BUILDS)[number],
    () => Promise<number>
  >;
  const times = await interleaved(contenders, {rounds, warmUp: 3});
  tf.dispose(batch);
  model.dispose();
  const [relaxed, simd] = [
    await losses('relaxed-simd', net, compared, data),
    await losses('simd', net, compared, data),
  ];
  const largest = Math.max(...simd.map((loss, i) => Math.abs(relaxed[i]! / loss - 1)));
  return [
    ...BUILDS.map(build => ({what: `${net}, ${build}`, value: median(times[build]), unit: 'ms of processor/step'})),
    {what: `${net}, relaxed-simd / simd`, value: medianRatio(times['relaxed-simd'], times.simd), unit: 'x'},
    {what: `${net}, largest difference of a loss in ${compared} steps`, value: 1e6 * largest, unit: 'millionths'},
  ];
}

/** Runs the comparison, in turns within one process. */
export async function main(): Promise<void> {
  const data = trainingDigits(6400);
  const figures: Figure[] = [];
  for (const net of Object.keys(STEPS) as Net[]) figures.push(...(await compare(net, data)));
  tf.dispose([data.x, data.y]);
  report('kernel-builds', figures);
}
