import {integer} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {expectMasks, expectModel, prunableLayers} from '../layers/model-layers.js';
import {valuesLater, type LayerVariable, type Model} from '../tfjs-internals.js';
import {countOf} from '../math/count-of.js';
import {withBatch, type InputShapes} from './input-shapes.js';
import {FLOAT_BYTES, kernelsOf, parametersOf, usedLayers, type UsedLayer} from './used-layers.js';

/** Sizes of a layer, or of all of them together. */
export interface SparsityCounts {
  /** All parameters: kernels, biases, normalization, but not masks. */
  parameters: number;
  /** The parameters that can be pruned: the kernels. */
  weights: number;
  /** How many of the weights are zero, in the kernel or through its mask. */
  zeros: number;
  /** `zeros / weights`; 0 if there are no weights. */
  sparsity: number;
  /** Multiplications with a weight for one example; NaN if the input size is unknown. */
  multiplyAdds: number;
  /** Those with a non-zero weight. */
  nonZeroMultiplyAdds: number;
  /** The size of all parameters, uncompressed float32: what `model.save` writes for them. */
  bytes: number;
  /** With `bits`: what `model.save` writes, gzipped; in total with the topology. */
  gzipped?: number;
  /** With `bits`: the bytes of a file by `compressed`, of these parameters alone; in total of the model. */
  compressed?: number;
}

/** A row of the report. */
export interface LayerSparsity extends SparsityCounts {
  /** The path of the layer: its name, after those of the models that hold it. */
  layer: string;
  /** The class of the layer; for a wrapped layer, that of the wrapper. */
  className: string;
}

/** What `sparsityReport` returns. */
export interface SparsityReport {
  /** One row for each layer that has parameters. */
  layers: LayerSparsity[];
  /** The sum over all layers. */
  total: SparsityCounts;
}

const OPTIONS = {
  /**
   * Adds what is sent: the bytes of files that are gzipped, and of those by `compressed` of `tfjs-pruning/wire` with so
   * many bits, from 2 to 16, and `others: 'float16'`. See {@link modelSize} for more.
   */
  bits: integer({min: 2, max: 16}, undefined),
};

/** Options of {@link sparsityReport}. */
export type SparsityReportArgs = Args<typeof OPTIONS>;

/**
 * How sparse a model is, by layer and in total. Takes wrapped and plain models.
 *
 * Multiply-adds count a Dense or convolution weight once for each output position, a recurrent one once for each time
 * step, and an embedding not at all; biases, normalization and activations are not counted.
 *
 * @throws TypeError if `model` is not a model or an option is wrong, Error if it was disposed, RangeError if a mask
 *     holds anything but 0 and 1, or, with `bits`, a weight is not finite.
 *
 * @example
 * console.log(formatSparsityReport(await sparsityReport(model)));
 */
export async function sparsityReport(model: Model, args: SparsityReportArgs = {}): Promise<SparsityReport> {
  const {bits} = read('sparsityReport', args, OPTIONS);
  const {layers, total} = await sparsityAt(expectModel('sparsityReport', model), undefined);
  if (bits === undefined) return {layers, total};
  const {sentBytesOf} = await import('./file-sizes.js'); // pages that do not ask load no coder
  const {layers: sent, gzipped, compressed} = await sentBytesOf('sparsityReport', model, bits);
  return {layers: layers.map(row => ({...row, ...sent.get(row.layer)!})), total: {...total, gzipped, compressed}};
}

/** The same, for a model that leaves sizes of its inputs open, at some sizes. */
export async function sparsityAt(model: Model, inputShapes: InputShapes | undefined): Promise<SparsityReport> {
  expectMasks(prunableLayers(model));
  const used = usedLayers(model, withBatch(inputShapes)).filter(({layer}) => layer.weights.length > 0);
  const layers: LayerSparsity[] = [];
  for (const row of used) {
    layers.push({layer: row.path, className: row.layer.getClassName(), ...(await countsOf(row))});
  }
  return {layers, total: sum(layers)};
}

async function countsOf(used: UsedLayer): Promise<SparsityCounts> {
  const parameters = parametersOf(used.layer);
  const kernels = await Promise.all(kernelsOf(used).map(({kernel, positions}) => kernelCounts(kernel, positions)));
  return {...sum(kernels), parameters, bytes: parameters * FLOAT_BYTES};
}

async function kernelCounts(kernel: LayerVariable, positions: number): Promise<SparsityCounts> {
  const values = await valuesLater(() => kernel.read());
  const zeros = countOf(values, 0);
  return {
    parameters: values.length,
    weights: values.length,
    zeros,
    sparsity: zeros / values.length,
    multiplyAdds: values.length * positions,
    nonZeroMultiplyAdds: (values.length - zeros) * positions,
    bytes: values.length * FLOAT_BYTES,
  };
}

function sum(counts: readonly SparsityCounts[]): SparsityCounts {
  const totalOf = (key: keyof Omit<SparsityCounts, 'gzipped' | 'compressed'>) =>
    counts.reduce((total, row) => total + row[key], 0);
  const [weights, zeros] = [totalOf('weights'), totalOf('zeros')];
  return {
    parameters: totalOf('parameters'),
    weights,
    zeros,
    sparsity: weights === 0 ? 0 : zeros / weights,
    multiplyAdds: totalOf('multiplyAdds'),
    nonZeroMultiplyAdds: totalOf('nonZeroMultiplyAdds'),
    bytes: totalOf('bytes'),
  };
}
