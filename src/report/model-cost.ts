import sum from 'lodash/sum.js';
import {sizeOf} from '../math/size-of.js';
import {passCardOf} from '../layers/cards/pass-card-of.js';
import {expectModel} from '../layers/model-layers.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {Model} from '../tfjs-internals.js';
import {expectInputShapes, inputShapes, withBatch} from './input-shapes.js';
import {peakActivations} from './peak-activations.js';
import {FLOAT_BYTES, kernelsOf, parametersOf, usedLayers, type UsedLayer, type UseShapes} from './used-layers.js';

const OPTIONS = {
  /**
   * The sizes of the inputs without the batch, one list for each, if the model leaves some open: `[[224, 224, 3]]`.
   * Defaults to the model's.
   */
  inputShapes: inputShapes(),
};

/** Options of {@link modelCost}. */
export type ModelCostArgs = Args<typeof OPTIONS>;

/** What a layer or a model costs. Figures that depend on an unknown size are NaN. */
export interface Cost {
  /** All parameters: kernels, biases, normalization, frozen ones too, without masks. */
  parameters: number;
  /** Multiplications with a weight for one example, as `sparsityReport` counts them. */
  multiplyAdds: number;
  /** The values that layers return for one example, once for each use of a layer. */
  activations: number;
}

/** A row of the costs. */
export interface LayerCost extends Cost {
  /** The layer's name, after those of the models that it is nested in. */
  layer: string;
  /** The layer's class; of a wrapped layer, its wrapper's. */
  className: string;
}

/** The costs of a model, and the memory they take in float32, for one example. */
export interface TotalCost extends Cost {
  /** The size of all parameters, uncompressed: what `model.save` writes for them. */
  parameterBytes: number;
  /** The size of all layers' outputs: what training keeps for its backward pass, for each example of a batch. */
  activationBytes: number;
  /**
   * The most memory that `predict` needs at once besides the parameters, for each example of a batch: the model's
   * inputs and outputs, and what later layers still need. What a layer needs only while it is called is not counted.
   */
  peakActivationBytes: number;
}

/** What `modelCost` returns. */
export interface ModelCost {
  /** One row for each layer, without the inputs. */
  layers: LayerCost[];
  /** The sum over all layers. */
  total: TotalCost;
}

/**
 * Counts what a model costs, by layer and in total: parameters, multiply-adds, and memory for activations. Wrapped and
 * plain models cost the same. A layer that is used several times counts its parameters once, and its multiply-adds and
 * activations each time.
 *
 * Zeros count like other weights: this is what the model costs as tf.js runs it. `sparsityReport` counts what masks
 * could save.
 *
 * If the model leaves sizes of its inputs open, everything that depends on them is NaN; pass the sizes as
 * `inputShapes`.
 *
 * @throws TypeError if `model` is not a model or an option is unknown, RangeError if `inputShapes` do not fit the
 *     model, Error if it was disposed or has no layers.
 *
 * @example
 * const {total} = modelCost(model);
 * console.log(total.multiplyAdds, total.peakActivationBytes);
 * modelCost(fullyConvolutional, {inputShapes: [[224, 224, 3]]});
 */
export function modelCost(model: Model, args: ModelCostArgs = {}): ModelCost {
  expectLayers(expectModel('modelCost', model));
  const {inputShapes: sizes} = read('modelCost', args, OPTIONS);
  const shapes = withBatch(sizes === undefined ? undefined : expectInputShapes(model, sizes));
  const used = usedLayers(model, shapes).filter(({layer}) => !passCardOf(layer).isInput);
  const layers = used.map(row => ({layer: row.path, className: row.layer.getClassName(), ...costOf(row)}));
  return {layers, total: totalOf(layers, peakActivations(model, shapes))};
}

function expectLayers(model: Model): void {
  if (model.layers.length > 0) return;
  throw new Error(`modelCost expects a model with layers, but "${model.name}" has none; add them first`);
}

function costOf(used: UsedLayer): Cost {
  return {
    parameters: parametersOf(used.layer),
    multiplyAdds: sum(kernelsOf(used).map(({kernel, positions}) => sizeOf(kernel.shape) * positions)),
    activations: sum(used.uses.map(outputSize)),
  };
}

function outputSize({outputs}: UseShapes): number {
  return sum(outputs.map(shape => sizeOf(shape.slice(1))));
}

function totalOf(layers: readonly Cost[], peak: number): TotalCost {
  const [parameters, activations] = [sum(layers.map(row => row.parameters)), sum(layers.map(row => row.activations))];
  return {
    parameters,
    multiplyAdds: sum(layers.map(row => row.multiplyAdds)),
    activations,
    parameterBytes: parameters * FLOAT_BYTES,
    activationBytes: activations * FLOAT_BYTES,
    peakActivationBytes: peak * FLOAT_BYTES,
  };
}
