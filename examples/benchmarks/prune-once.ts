/**
 * Pruning 10 M weights in one shot with one global ranking, over torch.nn.utils.prune.global_unstructured on the same
 * shapes and one thread.
 */
import * as tf from '@tensorflow/tfjs';
import {globalRanking, isPrunableLayer, prunable, pruneOnce, restoreDense} from 'tfjs-pruning';
import {interleaved, median, medianRatio, report, type Figure} from './support/figures.js';
import {torch} from './support/torch.js';

const SPARSITY = 0.9;
/** Units of Dense layers in a row: 1,600,000 + 4,000,000 + 4,000,000 + 400,000 + 2,000 weights. */
const WIDTHS = [800, 2000, 2000, 2000, 200, 10];
const SHAPES = WIDTHS.slice(1).map((units, i) => [WIDTHS[i]!, units]);

/** Prunes the same weights with new masks each time. */
const GLOBAL_UNSTRUCTURED = `
from torch.nn.utils import prune
kernels = [torch.randn(shape) for shape in ${JSON.stringify(SHAPES)}]
def setup():
    layers = [torch.nn.Linear(1, 1, bias=False) for _ in kernels]
    for layer, kernel in zip(layers, kernels):
        layer.weight = torch.nn.Parameter(kernel.clone())
    return [(layer, 'weight') for layer in layers]
def run(weights):
    prune.global_unstructured(weights, pruning_method=prune.L1Unstructured, amount=${SPARSITY})
`;

function net(): tf.Sequential {
  const model = prunable(
    tf.sequential({
      layers: SHAPES.map(([inputs, units]) =>
        tf.layers.dense({units: units!, inputShape: [inputs!], useBias: false, kernelInitializer: 'zeros'}),
      ),
    }),
  );
  tf.tidy(() => {
    for (const layer of model.layers) {
      if (!isPrunableLayer(layer)) continue;
      for (const {kernel} of layer.maskedWeights) kernel.write(tf.randomNormal(kernel.shape as number[]));
    }
  });
  return model;
}

/** Keeps the dense kernels for the next round, as torch keeps `weight_orig`. */
async function pruneTime(model: tf.Sequential): Promise<number> {
  const start = performance.now();
  await pruneOnce(model, {sparsity: SPARSITY, allocation: globalRanking(), keepDense: true});
  const time = performance.now() - start;
  await restoreDense(model);
  return time;
}

/** Runs the comparison. */
export async function main(): Promise<void> {
  const model = net();
  const python = await torch(GLOBAL_UNSTRUCTURED);
  if (!python) console.log('prune-once: found no python3 with torch (set PYTHON); skipping the comparison');
  const times = await interleaved(
    {ours: () => pruneTime(model), torch: () => python?.time() ?? NaN},
    {rounds: 11, warmUp: 2},
  );
  python?.stop();
  const figures: Figure[] = [{what: 'pruneOnce, one ranking of 10 M weights', value: median(times.ours), unit: 'ms'}];
  if (python) {
    figures.push({what: 'torch global_unstructured, one thread', value: median(times.torch), unit: 'ms'});
    figures.push({what: 'pruneOnce / torch', value: medianRatio(times.ours, times.torch), unit: 'x', target: 2});
  }
  report('prune-once', figures);
}
