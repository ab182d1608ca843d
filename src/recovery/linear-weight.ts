import * as tf from '@tensorflow/tfjs-core';
import type {LinearStep} from '../layers/cards/linear-card.js';
import {linearCardOf} from '../layers/cards/linear-card-of.js';
import {modelLayers, prunableLayers} from '../layers/model-layers.js';
import type {PlacedLayer} from '../layers/layer-selector.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {weightIn, weightOwners} from '../layers/prunable-weights.js';
import {sizeOf} from '../math/size-of.js';
import {fieldsOf, type Layer, type LayerVariable, type Model} from '../tfjs-internals.js';
import {outputConstant, type OutputConstant} from './output-constant.js';

/** A weight that a layer multiplies with something, as a stack of matrices `[parts, inputs, outputs]`. */
export interface LinearWeight extends PlacedLayer {
  /** Its name, after those of the models that its layer is nested in: `base/conv1/kernel`. */
  readonly name: string;
  /** The layer that multiplies: the placed one itself, or the one inside it. */
  readonly computes: Layer;
  /** All products of that layer, and which of them is the one with this weight. */
  readonly steps: readonly LinearStep[];
  readonly index: number;
  /** The variable that training steps. */
  readonly variable: LayerVariable;
  /** Its mask; undefined in a layer that is not wrapped. */
  readonly masked: MaskedWeight | undefined;
  /** What shifts the outputs; undefined if nothing does, or if another product follows. */
  readonly constant: OutputConstant | undefined;
  readonly parts: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** A layer with prunable weights: those that can be reconstructed, or none if its outputs are not linear in them. */
export interface LinearLayer extends PlacedLayer {
  readonly weights: readonly LinearWeight[];
  readonly isLinear: boolean;
}

/** All layers of a model with prunable weights, in the order in which data go through them. */
export function linearLayers(model: Model): LinearLayer[] {
  const masked = new Map(
    prunableLayers(model).flatMap(({layer}) => layer.maskedWeights.map(weight => [weight.kernel.id, weight])),
  );
  return modelLayers(model).flatMap(place => {
    const owners = weightOwners(place.layer);
    if (owners.length === 0) return [];
    const isLinear = owners.every(({layer}) => linearCardOf(layer).linearSteps !== undefined);
    const weights = isLinear ? owners.flatMap(({layer}) => weightsOf(place, layer, masked)) : [];
    return [{...place, weights, isLinear}];
  });
}

function weightsOf(place: PlacedLayer, computes: Layer, masked: ReadonlyMap<number, MaskedWeight>): LinearWeight[] {
  const steps = linearCardOf(computes).linearSteps!(computes);
  return steps.map(({field, order, parts}, index) => {
    const view = weightIn(computes, field);
    const mask = masked.get(view.id);
    const outputs = view.shape[order.at(-1)!]!;
    return {
      ...place,
      name: place.within + view.originalName,
      computes,
      steps,
      index,
      variable: mask?.kernel ?? view,
      masked: mask,
      constant: index === steps.length - 1 ? outputConstant(place.layer, computes) : undefined,
      parts,
      inputs: sizeOf(view.shape) / parts / outputs,
      outputs,
    };
  });
}

/** What a weight is multiplied with, `[parts, positions, inputs]`, and the product `[parts, positions, outputs]`. */
export interface Product {
  readonly features: tf.Tensor3D;
  readonly product: tf.Tensor3D;
}

/** What a weight is multiplied with when its layer gets an input, `[parts, positions, inputs]`. Call it in a tidy. */
export function featuresIn(weight: LinearWeight, input: tf.Tensor): tf.Tensor3D {
  return weight.steps[weight.index]!.features(stepInput(weight, input));
}

/** A product of a layer, with the bias if it is the last one: what its activation gets. Call it in a tidy. */
export function productIn(weight: LinearWeight, input: tf.Tensor): Product {
  const {computes, steps, index} = weight;
  const made = multiply(computes, steps[index]!, stepInput(weight, input));
  const bias = fieldsOf(computes)['bias'] as LayerVariable | null | undefined;
  if (index < steps.length - 1 || !bias) return made;
  return {...made, product: tf.add(made.product, tf.reshape(bias.read(), [made.product.shape[0], 1, -1]))};
}

/** What the step of a weight gets: the product before it. */
function stepInput({computes, steps, index}: LinearWeight, input: tf.Tensor): tf.Tensor {
  return steps.slice(0, index).reduce((x, step) => asInput(multiply(computes, step, x).product), input);
}

function multiply(layer: Layer, step: LinearStep, input: tf.Tensor): Product {
  const features = step.features(input);
  const matrices = toMatrices(weightIn(layer, step.field).read(), step);
  return {features, product: tf.matMul(features, matrices)};
}

/** A product as what the next step takes in: the outputs of all parts side by side. */
function asInput(product: tf.Tensor3D): tf.Tensor {
  const [parts, positions, outputs] = product.shape;
  return tf.reshape(tf.transpose(product, [1, 0, 2]), [positions, parts * outputs]);
}

/** A weight, or its mask, as a stack of matrices `[parts, inputs, outputs]`. Call it in a tidy. */
export function toMatrices(weight: tf.Tensor, {order, parts}: LinearStep): tf.Tensor3D {
  const ordered = tf.transpose(weight, [...order]);
  return tf.reshape(ordered, [parts, -1, ordered.shape.at(-1)!]);
}

/** A weight from its matrices. Call it in a tidy. */
export function fromMatrices(values: Float32Array, {variable: {shape}, steps, index}: LinearWeight): tf.Tensor {
  const {order} = steps[index]!;
  const ordered = tf.tensor(
    values,
    order.map(axis => shape[axis]!),
  );
  const back = order.map((_, axis) => order.indexOf(axis));
  return tf.add(tf.transpose(ordered, back), 0); // of its own: a transposition may share the memory
}
