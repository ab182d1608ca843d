import type {Shape} from '@tensorflow/tfjs-layers';
import {expectModel, wrappersIn} from '../layers/model-layers.js';
import {weightOwners} from '../layers/prunable-weights.js';
import {
  fieldsOf,
  inputShapesIn,
  isModel,
  valuesNow,
  type Layer,
  type LayerVariable,
  type Model,
} from '../tfjs-internals.js';

const FLOAT_BYTES = 4;

/** Sizes of a layer, or of all of them together. */
export interface SparsityCounts {
  /** All parameters: kernels, biases, normalisation; masks are not counted. */
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
 * step, an embedding not at all; biases, normalisation and activations are left out.
 *
 * @throws TypeError where `model` is none, Error where it was disposed.
 *
 * @example
 * console.log(formatSparsityReport(sparsityReport(model)));
 */
export function sparsityReport(model: Model): SparsityReport {
  const layers = rowsOf(expectModel('sparsityReport', model), '', 1);
  return {layers, total: sum(layers)};
}

function rowsOf(model: Model, prefix: string, times: number): LayerSparsity[] {
  return model.layers.flatMap(layer => {
    const path = prefix + layer.name;
    const inputs = inputShapesIn(model, layer);
    if (isModel(layer)) return rowsOf(layer, `${path}/`, times * inputs.length);
    if (layer.weights.length === 0) return [];
    return [{layer: path, className: layer.getClassName(), ...countsOf(layer, inputs, times)}];
  });
}

function countsOf(layer: Layer, inputs: readonly Shape[], times: number): SparsityCounts {
  const masks = new Set(wrappersIn(layer).flatMap(({maskedWeights}) => maskedWeights.map(({mask}) => mask)));
  const own = layer.weights.filter(variable => !masks.has(variable));
  const parameters = own.reduce((total, {shape}) => total + size(shape), 0);
  const perInput = inputs.map(input => weightOwners(layer, input));
  const kernels = weightOwners(layer).flatMap((owner, i) => {
    const positions = times * perInput.reduce((total, owners) => total + owners[i]!.positions, 0);
    return owner.weights.map(({field}) => kernelCounts(fieldsOf(owner.layer)[field] as LayerVariable, positions));
  });
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

function size(shape: Shape): number {
  return shape.reduce<number>((product, n) => product * (n ?? 1), 1);
}
