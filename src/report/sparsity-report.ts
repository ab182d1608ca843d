import {expectMasks, expectModel, prunableLayers} from '../layers/model-layers.js';
import {valuesNow, type LayerVariable, type Model} from '../tfjs-internals.js';
import {FLOAT_BYTES, kernelsOf, parametersOf, usedLayers, type UsedLayer} from './used-layers.js';

/** Sizes of a layer, or of all of them together. */
export interface SparsityCounts {
  /** All parameters: kernels, biases, normalization; masks are not counted. */
  parameters: number;
  /** The parameters that can be pruned: the kernels. */
  weights: number;
  /** How many of the weights are zero, in the kernel or through its mask. */
  zeros: number;
  /** `zeros / weights`; 0 where there are none. */
  sparsity: number;
  /** Multiplications with a weight for one example; NaN where the input's size is not known. */
  multiplyAdds: number;
  /** Those of them whose weight is not zero. */
  nonZeroMultiplyAdds: number;
  /** The size of all parameters, uncompressed float32: what `model.save` writes for them. */
  bytes: number;
}

/** A row of the report. */
export interface LayerSparsity extends SparsityCounts {
  /** The layer's name, behind those of the models that it is nested in. */
  layer: string;
  /** The layer's class; of a wrapped layer, its wrapper's. */
  className: string;
}

/** What `sparsityReport` returns. */
export interface SparsityReport {
  /** One row for each layer that has parameters. */
  layers: LayerSparsity[];
  total: SparsityCounts;
}

/**
 * How sparse a model is, by layer and in total; of a wrapped model as of a plain one.
 *
 * Multiply-adds count a Dense or convolution weight once for each output position, a recurrent one once for each time
 * step, an embedding not at all; biases, normalization and activations are left out.
 *
 * @throws TypeError where `model` is none, Error where it was disposed, RangeError where a mask holds something else
 *     than 0 and 1.
 *
 * @example
 * console.log(formatSparsityReport(sparsityReport(model)));
 */
export function sparsityReport(model: Model): SparsityReport {
  expectMasks(prunableLayers(expectModel('sparsityReport', model)));
  const used = usedLayers(model).filter(({layer}) => layer.weights.length > 0);
  const layers = used.map(row => ({layer: row.path, className: row.layer.getClassName(), ...countsOf(row)}));
  return {layers, total: sum(layers)};
}

function countsOf(used: UsedLayer): SparsityCounts {
  const parameters = parametersOf(used.layer);
  const kernels = kernelsOf(used).map(({kernel, positions}) => kernelCounts(kernel, positions));
  return {...sum(kernels), parameters, bytes: parameters * FLOAT_BYTES};
}

function kernelCounts(kernel: LayerVariable, positions: number): SparsityCounts {
  const values = valuesNow(() => kernel.read());
  const zeros = values.reduce((count: number, value: number) => (value === 0 ? count + 1 : count), 0);
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
  const totalOf = (key: keyof SparsityCounts) => counts.reduce((total, row) => total + row[key], 0);
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
