import {uniform} from '../allocations/uniform.js';
import {chosenLayers} from '../layers/chosen-layers.js';
import {layerSelector} from '../layers/layer-selector.js';
import {expectModel} from '../layers/model-layers.js';
import {chooseMasks} from '../masks/choose-masks.js';
import {SCORING, type MaskRule} from '../masks/mask-rule.js';
import {expectSparsity} from '../options/expect.js';
import {listOf, option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {LayerVariable, Model} from '../tfjs-internals.js';
import {DATA, expectData} from '../passes/data.js';
import {ABORTABLE, expectListener, LongWork} from '../display/long-work.js';
import type {Progress} from '../display/progress-bar.js';
import type {Evidence} from '../passes/evidence.js';
import {chosenWeights, type PlacedWeight} from '../masks/placed-weights.js';
import {expectWithinWeights} from '../structures/each-weight.js';
import {putInPlace} from '../masks/update-masks.js';
import {withEvidence} from '../passes/with-evidence.js';
import {evaluate, expectCompiled, type Evaluation} from './evaluate.js';
import {OtherValues} from './other-values.js';

const OPTIONS = {
  /** The sparsities to try in each layer, each in (0, 1). Defaults to 0.25, 0.5, 0.75, 0.9 and 0.95. */
  sparsities: listOf(expectSparse, () => [0.25, 0.5, 0.75, 0.9, 0.95]),
  /** Which wrapped layers to scan. Defaults to all trainable ones; a frozen layer must be named. */
  layers: layerSelector(),
  /** Called after each evaluation, for example {@link progressBar}. */
  onProgress: option(expectListener<SensitivityProgress>, undefined),
};

/**
 * Options of {@link sensitivityScan}. Take `data` that the model was not trained on. It is read once for each
 * evaluation, and once more for a criterion of gradients or inputs, before anything is pruned.
 */
export type SensitivityScanArgs = Args<typeof DATA & typeof SCORING & typeof OPTIONS & typeof ABORTABLE>;

/** The progress of a scan, with the last evaluation. */
export interface SensitivityProgress extends Progress {
  /** The path of the layer that was pruned. */
  readonly layer: string;
  /** How sparse it was, alone. */
  readonly sparsity: number;
  /** The loss of the model then. */
  readonly loss: number;
}

/** The evaluations of a model in which a single layer is pruned. */
export interface LayerSensitivity {
  /** The path of the layer: its name, after those of the models that hold it. */
  layer: string;
  /** The names of its prunable weights. */
  weights: string[];
  /** One for each `sparsity` of the layer, in ascending order. */
  points: (Evaluation & {
    /** The fraction of zeros in the layer. */
    sparsity: number;
  })[];
}

/** What `sensitivityScan` returns: plain numbers and names, which can be saved as JSON. */
export interface SensitivityReport {
  /** The model before pruning. */
  baseline: Evaluation;
  /** One for each layer, in the order of the model. */
  layers: LayerSensitivity[];
}

/**
 * Measures how sensitive a compiled model is to pruning each of its layers alone: loss and metrics for every layer at
 * every sparsity, without training. Afterwards the model is exactly as before, even if the scan fails or is aborted.
 * It pauses between batches, every 40 ms; the model is as before at each pause, too, so a page may predict.
 *
 * Pass the report to `sensitivity(report)`, an allocation. Li et al. 2017, https://arxiv.org/abs/1608.08710
 *
 * @throws TypeError or RangeError if the model has no wrapped layer, `layers` matches none, an option is wrong, the
 *     data do not fit, or the structure can't reach a sparsity; Error if the model is not compiled; the reason of
 *     `signal`.
 *
 * @example
 * const report = await sensitivityScan(model, {data: {xs, ys}, batchSize: 256, onProgress: progressBar()});
 * console.log(formatSensitivity(report));
 */
export async function sensitivityScan(model: Model, args: SensitivityScanArgs): Promise<SensitivityReport> {
  expectModel('sensitivityScan', model);
  const {
    layers: selector,
    sparsities: tried,
    data,
    batchSize,
    onProgress,
    signal,
    ...plugs
  } = read('sensitivityScan', args, {...DATA, ...SCORING, ...ABORTABLE, ...OPTIONS});
  const work = new LongWork<Omit<SensitivityProgress, keyof Progress>>({onProgress, signal});
  expectData({data, batchSize});
  const sparsities = [...new Set(tried)].sort((a, b) => a - b);
  const rule = {...plugs, allocation: uniform()};
  expectWithinWeights('sensitivityScan', rule.structure);
  const chosen = chosenLayers('sensitivityScan', model, selector);
  expectCompiled('sensitivityScan', model);
  const pause = () => work.pause();
  const report: SensitivityReport = {baseline: await evaluate(model, {data, batchSize}, pause), layers: []};
  work.total = chosen.length * sparsities.length;
  let done = 0;

  const pruned = chosenWeights('sensitivityScan', model, selector);
  const scene = {model, weights: pruned.map(({weight}) => weight), afterBatch: pause};
  await withEvidence(rule.criterion, scene, {data, batchSize}, async gathered => {
    for (const {layer, path} of chosen) {
      const own = pruned.filter(({weight}) => layer.maskedWeights.includes(weight));
      const points: LayerSensitivity['points'] = [];
      for (const sparsity of sparsities) {
        const without = await prunedValues(own, sparsity, rule, gathered, pause);
        try {
          const result = await evaluate(model, {data, batchSize}, pause, batch => without.during(batch));
          points.push({sparsity, ...result});
          await work.reach(++done, `${path} at ${sparsity}`, {layer: path, sparsity, loss: result.loss});
        } finally {
          without.dispose();
        }
      }
      report.layers.push({layer: path, weights: own.map(({name}) => name), points});
    }
  });
  return report;
}

/** What the variables of some weights are when these are pruned. */
async function prunedValues(
  pruned: readonly PlacedWeight[],
  sparsity: number,
  rule: MaskRule,
  gathered: Evidence,
  pause: () => Promise<void>,
): Promise<OtherValues> {
  const choices = await chooseMasks(pruned, sparsity, rule, {gathered}, pause);
  const variables = pruned.flatMap(({weight: {kernel, mask}, vectors}): LayerVariable[] => [
    kernel,
    mask,
    ...(vectors?.all ?? []),
  ]);
  return new OtherValues(variables, () => void putInPlace(pruned, choices, {}));
}

function expectSparse(name: string, sparsity: number): number {
  if (expectSparsity(name, sparsity) > 0) return sparsity;
  throw new RangeError(`Expected \`${name}\` above 0, got 0; the report has the dense model as its \`baseline\``);
}
