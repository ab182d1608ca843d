/** One mask update over 10 M weights, from scores to masked kernel, against torch.topk of the same count on one thread. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {oneShot} from 'tfjs-pruning/schedules';
import {interleaved, median, medianRatio, report, type Figure} from './support/figures.js';

const INPUTS = 10_000;
const UNITS = 1_000;
const SPARSITY = 0.9;

/** Answers each line with the milliseconds of one topk over the magnitudes of as many normal numbers. */
const TOPK = `
import sys, time, torch
torch.set_num_threads(1)
x = torch.randn(${INPUTS * UNITS})
print('ready', flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    torch.topk(x.abs(), ${Math.round(INPUTS * UNITS * (1 - SPARSITY))}, sorted=False)
    print((time.perf_counter() - start) * 1000, flush=True)
`;

/** A python with torch that times topk when asked; undefined where there is none. PYTHON names another python3. */
async function torch(): Promise<{topk: () => Promise<number>; stop: () => void} | undefined> {
  const python = spawn(process.env['PYTHON'] ?? 'python3', ['-c', TOPK], {stdio: ['pipe', 'pipe', 'ignore']});
  const failed = Promise.race([once(python, 'exit'), once(python, 'error').catch(() => [])]).then(() => undefined);
  const lines = createInterface({input: python.stdout})[Symbol.asyncIterator]();
  const first = await Promise.race([lines.next(), failed]);
  if (first === undefined || first.done === true) return undefined;
  return {
    topk: async () => {
      python.stdin.write('\n');
      return Number((await lines.next()).value);
    },
    stop: () => python.stdin.end(),
  };
}

/** Prunes a fresh Dense layer of 10 M weights, and gives the time of the one update. */
async function updateTime(model: tf.Sequential): Promise<number> {
  const weight = model.layers[0]!.weights;
  tf.tidy(() =>
    weight.forEach(
      variable =>
        void variable.write(
          variable.trainable ? tf.randomNormal(variable.shape as number[]) : tf.ones(variable.shape as number[]),
        ),
    ),
  );
  const pruning = new GradualPruning({schedule: oneShot({targetSparsity: SPARSITY, beginStep: 1})});
  pruning.setParams({});
  pruning.setModel((model as unknown as {model: tf.LayersModel}).model);
  await pruning.onTrainBegin();
  const start = performance.now();
  await pruning.onBatchEnd();
  return performance.now() - start;
}

/** Runs the comparison. */
export async function main(): Promise<void> {
  const model = prunable(
    tf.sequential({layers: [tf.layers.dense({units: UNITS, inputShape: [INPUTS], kernelInitializer: 'zeros'})]}),
  );
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const python = await torch();
  if (!python) console.log('mask-update: no python3 with torch here (PYTHON names one); the comparison is left out');
  const times = await interleaved(
    {ours: () => updateTime(model), torch: () => python?.topk() ?? NaN},
    {rounds: 11, warmUp: 2},
  );
  python?.stop();
  const figures: Figure[] = [{what: 'mask update, 10 M weights', value: median(times.ours), unit: 'ms'}];
  if (python) {
    figures.push({what: 'torch.topk, one thread', value: median(times.torch), unit: 'ms'});
    figures.push({what: 'mask update / torch.topk', value: medianRatio(times.ours, times.torch), unit: 'x', target: 1});
  }
  report('mask-update', figures);
}
