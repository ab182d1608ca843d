import * as tf from '@tensorflow/tfjs-core';
import {uniform} from '../allocations/uniform.js';
import {chosenLayers} from '../layers/chosen-layers.js';
import type {LayerSelector} from '../layers/layer-selector.js';
import {expectModel} from '../layers/model-layers.js';
import {expectMaskRule, type MaskRuleArgs} from '../masks/mask-rule.js';
import {expectFunction, expectInteger, expectOptions, expectSparsity, isList, received} from '../options/expect.js';
import type {LayerVariable, Model} from '../tfjs-internals.js';
import type {Batch} from '../passes/each-batch.js';
import type {Progress} from '../display/progress-bar.js';
import {remember} from '../layers/unchanged.js';
import {prunedWeights, type PrunedWeight} from '../masks/pruned-weight.js';
import {expectWithinWeights} from '../structures/each-weight.js';
import {updateMasks} from '../masks/update-masks.js';
import {withEvidence} from '../passes/with-evidence.js';

/** The examples of all inputs, and of all outputs. */
interface Tensors {
  readonly xs: tf.Tensor | tf.Tensor[];
  readonly ys: tf.Tensor | tf.Tensor[];
}

/**
 * What a model is evaluated on: tensors as `evaluate` takes them, or a dataset of tf.data as `evaluateDataset` does.
 */
export type EvaluationData = Tensors | Dataset;

interface Dataset {
  iterator(): Promise<{next(): Promise<IteratorResult<unknown>>}>;
}

/** Options of {@link sensitivityScan}. */
export interface SensitivityScanArgs extends Omit<MaskRuleArgs, 'allocation'> {
  /** The sparsities to try in each layer, each in (0, 1). Defaults to 0.25, 0.5, 0.75, 0.9 and 0.95. */
  sparsities?: readonly number[];
  /** Which of the wrapped layers are scanned. Defaults to all that are trainable; a frozen one must be named. */
  layers?: LayerSelector;
  /** How many examples of tensors are evaluated at a time. Defaults to 256. */
  batchSize?: number;
  /** Called after each evaluation; `progressBar()` draws how far it is. */
  onProgress?: (progress: SensitivityProgress) => void;
}

/** How far a scan is: what was evaluated last. */
export interface SensitivityProgress extends Progress {
  readonly layer: string;
  readonly sparsity: number;
  readonly loss: number;
}

/** The loss of a model on the data, and its metrics by their names. */
export interface Evaluation {
  loss: number;
  metrics: Record<string, number>;
}

/** How a model fares with one layer pruned alone. */
export interface LayerSensitivity {
  /** The layer's name, behind those of the models that it is nested in. */
  layer: string;
  /** The names of its prunable weights. */
  weights: string[];
  /** One for each sparsity, rising. */
  points: (Evaluation & {sparsity: number})[];
}

/** What `sensitivityScan` returns: plain numbers and names, to be saved as JSON. */
export interface SensitivityReport {
  /** The model as it was. */
  baseline: Evaluation;
  layers: LayerSensitivity[];
}

const OPTIONS = ['sparsities', 'criterion', 'structure', 'layers', 'batchSize', 'onProgress'];

/**
 * Finds out what a compiled model suffers from pruning each of its layers alone: loss and metrics for every layer at
 * every sparsity, without training. Afterwards the model is exactly as it was, also where the scan failed.
 *
 * Feed the report to `sensitivity(report)`, which shares a sparsity out by it. Li et al. 2017,
 * https://arxiv.org/abs/1608.08710
 *
 * @param data what loss and metrics are of; use data that was not trained on. A dataset is gone through once for each
 *     evaluation, and once more for a criterion of gradients or inputs, which is shown the data before anything is
 *     pruned.
 * @throws TypeError or RangeError where the model has no wrapped layer, `layers` matches none, an option is wrong, or
 *     the structure can't reach a sparsity; Error where the model is not compiled.
 *
 * @example
 * const report = await sensitivityScan(model, {xs, ys}, {onProgress: progressBar()});
 * console.log(formatSensitivity(report));
 */
export async function sensitivityScan(
  model: Model,
  data: EvaluationData,
  args: SensitivityScanArgs = {},
): Promise<SensitivityReport> {
  expectModel('sensitivityScan', model);
  const {
    layers: selector,
    onProgress = () => undefined,
    batchSize = 256,
    sparsities: tried = [0.25, 0.5, 0.75, 0.9, 0.95],
  } = expectOptions('sensitivityScan', args, OPTIONS);
  expectFunction('onProgress', onProgress, 'that takes how far the scan is');
  expectInteger('batchSize', batchSize, {min: 1});
  const sparsities = expectSparsities(tried);
  const rule = {...expectMaskRule(args), allocation: uniform()};
  expectWithinWeights('sensitivityScan', rule.structure);
  const chosen = chosenLayers('sensitivityScan', model, selector);
  expectCompiled(model);
  const evaluate = evaluator(model, data, batchSize);
  const report: SensitivityReport = {baseline: await evaluate(), layers: []};
  const total = chosen.length * sparsities.length;
  let done = 0;

  const pruned = prunedWeights('sensitivityScan', model, selector);
  const shown = {data: 'iterator' in data ? data : batchesOf(data, batchSize)};
  const scene = {model, weights: pruned.map(({weight}) => weight)};
  await withEvidence(rule.criterion, scene, shown, async gathered => {
    for (const {layer, path} of chosen) {
      const own = pruned.filter(({weight}) => layer.maskedWeights.includes(weight));
      const points: LayerSensitivity['points'] = [];
      for (const sparsity of sparsities) {
        const result = await putBackAfter(own, async () => {
          await updateMasks(own, sparsity, rule, {gathered});
          return evaluate();
        });
        points.push({sparsity, ...result});
        onProgress({done: ++done, total, label: `${path} at ${sparsity}`, layer: path, sparsity, loss: result.loss});
      }
      report.layers.push({layer: path, weights: own.map(({name}) => name), points});
    }
  });
  return report;
}

/** Does something with weights, and gives them back the very values, not only equal ones, that they had before. */
async function putBackAfter<T>(pruned: readonly PrunedWeight[], action: () => Promise<T>): Promise<T> {
  const variables = pruned.flatMap(({weight: {kernel, mask}, vectors}): LayerVariable[] => [
    kernel,
    mask,
    ...(vectors?.all ?? []),
  ]);
  const putBack = remember(variables);
  try {
    return await action();
  } finally {
    putBack();
  }
}

function evaluator(model: Model, data: EvaluationData, batchSize: number): () => Promise<Evaluation> {
  const isObject = typeof data === 'object' && (data as object | null) !== null;
  if (!isObject || !('iterator' in data || ('xs' in data && 'ys' in data))) {
    throw new TypeError(`sensitivityScan expects {xs, ys} or a dataset of tf.data, got ${received(data)}`);
  }
  if ('xs' in data) {
    expectTensors('xs', data.xs, model.inputs.length);
    expectTensors('ys', data.ys, model.outputs.length);
  }
  return async () => {
    const scalars = [
      'iterator' in data
        ? await evaluateDataset(model, data)
        : tf.tidy(() => model.evaluate(data.xs, data.ys, {batchSize})), // which leaves tensors behind where a loss throws
    ].flat();
    const values = await Promise.all(scalars.map(async scalar => (await scalar.data())[0]!));
    tf.dispose(scalars);
    const [loss, ...metrics] = values;
    return {loss: loss!, metrics: Object.fromEntries(metrics.map((value, i) => [model.metricsNames[i + 1]!, value]))};
  };
}

function expectTensors(name: 'xs' | 'ys', tensors: tf.Tensor | tf.Tensor[], count: number): void {
  const list = isList(tensors) ? [...(tensors as tf.Tensor[])] : [tensors];
  for (const tensor of list) {
    if ((tensor as unknown) instanceof tf.Tensor) continue;
    throw new TypeError(`sensitivityScan expects tensors in {xs, ys}, got ${received(tensor)}`);
  }
  if (list.length === count) return;
  throw new RangeError(`sensitivityScan expects ${count} tensors in \`${name}\`, got ${list.length}`);
}

/**
 * Where an iterator throws, tf.js would leave the sums behind that it has made so far: here they come to their end
 * first.
 */
async function evaluateDataset(model: Model, dataset: Dataset): Promise<tf.Scalar | tf.Scalar[]> {
  const failures: unknown[] = [];
  const iterator = await dataset.iterator();
  const next = () =>
    iterator.next().catch((error: unknown) => {
      failures.push(error);
      return {done: true, value: null};
    });
  const evaluated = {iterator: () => Promise.resolve({next})};
  const scalars = await model.evaluateDataset(evaluated as unknown as Parameters<Model['evaluateDataset']>[0]);
  if (failures.length === 0) return scalars;
  tf.dispose(scalars);
  throw failures[0];
}

function* batchesOf({xs, ys}: Tensors, batchSize: number): Generator<Batch> {
  const count = [xs].flat()[0]!.shape[0];
  for (let begin = 0; begin < count; begin += batchSize) {
    const size = Math.min(batchSize, count - begin);
    const rows = (tensors: tf.Tensor | tf.Tensor[]) => [tensors].flat().map(tensor => tf.slice(tensor, begin, size));
    const batch = {xs: rows(xs), ys: rows(ys)};
    try {
      yield batch;
    } finally {
      tf.dispose(batch);
    }
  }
}

function expectCompiled(model: Model): void {
  if ((model.loss as unknown) !== undefined) return;
  throw new Error(`sensitivityScan expects a compiled model, but "${model.name}" is not; call its compile() first`);
}

function expectSparsities(sparsities: readonly number[]): number[] {
  if (!isList(sparsities) || sparsities.length === 0) {
    throw new TypeError(`Expected \`sparsities\` to be a non-empty array of numbers, got ${received(sparsities)}`);
  }
  for (const sparsity of [...sparsities]) {
    if (expectSparsity('sparsities', sparsity) > 0) continue;
    throw new RangeError('Expected `sparsities` above 0, got 0; the model as it is comes as the baseline');
  }
  return [...new Set(sparsities)].sort((a, b) => a - b);
}
