/** One mask update over 10 M weights, from scores to masked kernel, over torch.topk of the same count on one thread. */
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {oneShot} from 'tfjs-pruning/schedules';
import {interleaved, median, medianRatio, report, type Figure} from './support/figures.js';
import {torch} from './support/torch.js';

const INPUTS = 10_000;
const UNITS = 1_000;
const SPARSITY = 0.9;

/** One topk over the magnitudes of as many Gaussian numbers. */
const TOPK = `
x = torch.randn(${INPUTS * UNITS})
def setup():
    return ${Math.round(INPUTS * UNITS * (1 - SPARSITY))}
def run(count):
    torch.topk(x.abs(), count, sorted=False)
`;

/** Prunes a new Dense layer of 10 M weights; returns the time of the one update. */
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
  const time = performance.now() - start;
  await pruning.onTrainEnd();
  return time;
}

/** Runs the comparison. */
export async function main(): Promise<void> {
  const model = prunable(
    tf.sequential({layers: [tf.layers.dense({units: UNITS, inputShape: [INPUTS], kernelInitializer: 'zeros'})]}),
  );
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const python = await torch(TOPK);
  if (!python) console.log('mask-update: found no python3 with torch (set PYTHON); skipping the comparison');
  const times = await interleaved(
    {ours: () => updateTime(model), torch: () => python?.time() ?? NaN},
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
