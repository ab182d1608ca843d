/** What users of tfmot and of torch.nn.utils.prune know, in the calls of this library. */
import * as tf from '@tensorflow/tfjs';
import {
  applyMasks,
  blocks,
  channels,
  filters,
  globalRanking,
  isPrunableLayer,
  magnitude,
  nOfM,
  prunable,
  pruneOnce,
  random,
  readMasks,
  restoreDense,
  scores,
  sparsityReport,
  stripPruning,
} from 'tfjs-pruning';
import {GradualPruning, SparsityLogger} from 'tfjs-pruning/callbacks';
import {constantSparsity, polynomialDecay} from 'tfjs-pruning/schedules';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {trainingDigits} from './support/mnist.js';

/** Trains on so many digits; returns the sparsity that each of the ways leads to. */
export async function main(count = 1_280): Promise<Record<string, number>> {
  await useFastestBackend();
  const results = {tfmot: await asTfmot(count), torch: await asTorch()};
  for (const [name, sparsity] of Object.entries(results))
    console.log(`${name}  ${(100 * sparsity).toFixed(1)} % zeros`);
  return results;
}

async function asTfmot(count: number): Promise<number> {
  const {x, y} = trainingDigits(count);
  const steps = 2 * Math.ceil(count / 32);
  // #region tfmot
  const model = prunable(net()); // prune_low_magnitude(net), the layers by `layers`
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  const schedule = polynomialDecay({initialSparsity: 0.5, finalSparsity: 0.8, endStep: steps, frequency: 10});
  const callbacks = [new GradualPruning({schedule}), new SparsityLogger()]; // UpdatePruningStep, PruningSummaries
  await model.fit(x, y, {epochs: 2, verbose: 0, callbacks});
  const final = stripPruning(model); // strip_pruning(model)
  // #endregion
  // #region tfmot-structures
  const constant = constantSparsity({targetSparsity: 0.5, beginStep: 0, frequency: 100});
  const inBlocks = new GradualPruning({schedule: constant, structure: blocks([4, 4], {pooling: 'max'})});
  const twoOfFour = new GradualPruning({schedule: constant, structure: nOfM(2, 4), layers: 'hidden'});
  // #endregion
  for (const callback of [inBlocks, twoOfFour]) {
    const other = prunable(net());
    other.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
    await other.fit(x, y, {epochs: 1, verbose: 0, callbacks: [callback]});
    console.log(`structures: ${(100 * callback.sparsity).toFixed(1)} % zeros`);
  }
  return (await sparsityReport(final)).total.sparsity;
}

async function asTorch(): Promise<number> {
  // #region torch
  const model = prunable(net()); // prune.identity for each layer
  await pruneOnce(model, {layers: 'conv', amount: 0.3}); // prune.l1_unstructured(conv, 'weight', amount=0.3)
  await pruneOnce(model, {layers: 'conv', amount: 3, criterion: random({seed: 1})}); // prune.random_unstructured
  await pruneOnce(model, {amount: 0.2, allocation: globalRanking()}); // prune.global_unstructured
  // #endregion
  // #region torch-structures
  const rows = {layers: 'conv', amount: 0.25};
  await pruneOnce(model, {...rows, structure: filters(), criterion: magnitude({norm: 2})}); // ln_structured(n=2, dim=0)
  await pruneOnce(model, {layers: 'hidden', amount: 0.25, structure: channels()}); // ln_structured(n=1, dim=1)
  // #endregion
  // #region torch-masks
  const masks = await readMasks(model); // conv.weight_mask
  await applyMasks(model, {'conv/kernel': masks['conv/kernel']!}); // prune.custom_from_mask
  const importance = {'hidden/kernel': tf.randomUniform([1152, 16])};
  await pruneOnce(model, {layers: 'hidden', amount: 0.5, criterion: scores(importance)}); // importance_scores=...
  await pruneOnce(model, {amount: 0.5, keepDense: true}); // weight_orig lives on behind the mask ...
  await restoreDense(model); // ... until you want it back
  const isPruned = model.layers.some(isPrunableLayer); // prune.is_pruned(model)
  const plain = stripPruning(model); // prune.remove for each layer
  // #endregion
  console.log(`wrapped: ${isPruned}`);
  tf.dispose([masks, importance]);
  return (await sparsityReport(plain)).total.sparsity;
}

function net(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({name: 'conv', filters: 8, kernelSize: 5, strides: 2, inputShape: [28, 28, 1]}),
      tf.layers.flatten(),
      tf.layers.dense({name: 'hidden', units: 16, activation: 'relu'}),
      tf.layers.dense({name: 'output', units: 10, activation: 'softmax'}),
    ],
  });
}
