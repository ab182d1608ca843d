import type {Shape, SymbolicTensor} from '@tensorflow/tfjs-layers';
import sumBy from 'lodash/sumBy.js';
import {passCardOf} from '../layers/cards/pass-card-of.js';
import {isModel, type Layer, type Model} from '../tfjs-internals.js';
import {shapesWithin, type ShapeOf} from './shapes-within.js';
import {sizeOf} from '../math/size-of.js';

/** A piece of memory: from the step that fills it to the last one that reads it. */
interface Storage {
  readonly size: number;
  readonly firstStep: number;
  lastStep: number;
}

/** What is left of the shape of a tensor, with the batch first. */
export type LeftOf = (tensor: SymbolicTensor, shape: Shape) => Shape;

/**
 * The most values that `predict` has in memory at once for one example: inputs, outputs, and everything that a later
 * layer still needs. NaN if a size is not known.
 *
 * It follows the executor of tf.js 4.22, which calls the layers one by one and disposes each output after the last
 * layer that uses it, except those of the model itself and of stateful layers. Unused outputs of a layer with several
 * are not counted.
 *
 * @param inputShapes of the model's inputs, with the batch first, if it leaves sizes open.
 * @param left foresees what channel surgery leaves of each tensor; by default all.
 */
export function peakActivations(
  model: Model,
  inputShapes?: readonly Shape[],
  left: LeftOf = (_, shape) => shape,
): number {
  const inputs = valuesOf(model.inputs, leftWithin(shapesWithin(model, inputShapes), left));
  return inputs + peakBesidesInputs(model, inputShapes, left);
}

function peakBesidesInputs(model: Model, inputShapes: readonly Shape[] | undefined, left: LeftOf): number {
  const shapeOf = shapesWithin(model, inputShapes);
  const order = executionOrder(model);
  const storages = storagesOf(model, order, leftWithin(shapeOf, left));
  const peaks = order.map(({sourceLayer, inputs}, step) => {
    const alive = storages.filter(({firstStep, lastStep}) => firstStep <= step && step <= lastStep);
    return sumBy(alive, 'size') + extraWithin(sourceLayer, inputShapes && inputs.map(shapeOf), left);
  });
  return Math.max(0, ...peaks);
}

/** What a nested model needs temporarily, besides its inputs and outputs. */
function extraWithin(layer: Layer, inputShapes: readonly Shape[] | undefined, left: LeftOf): number {
  if (!isModel(layer)) return 0;
  const outputs = valuesOf(layer.outputs, leftWithin(shapesWithin(layer, inputShapes), left));
  return peakBesidesInputs(layer, inputShapes, left) - outputs;
}

function leftWithin(shapeOf: ShapeOf, left: LeftOf): ShapeOf {
  return tensor => left(tensor, shapeOf(tensor));
}

/** The outputs of layers in the executor's order: depth first, the last input before the others. */
function executionOrder({inputs, outputs}: Model): SymbolicTensor[] {
  const seen = new Set(inputs);
  const order: SymbolicTensor[] = [];
  const visit = (tensor: SymbolicTensor) => {
    if (seen.has(tensor)) return;
    seen.add(tensor);
    [...tensor.inputs].reverse().forEach(visit);
    order.push(tensor);
  };
  outputs.forEach(visit);
  return order;
}

/** The memory of all outputs; the memory of the model's inputs belongs to the caller. */
function storagesOf({inputs, outputs}: Model, order: readonly SymbolicTensor[], shapeOf: ShapeOf): Storage[] {
  const byTensor = new Map<SymbolicTensor, Storage>();
  for (const input of inputs) byTensor.set(input, {size: 0, firstStep: 0, lastStep: Infinity});
  order.forEach((tensor, step) => {
    const taken = tensor.inputs.map(input => byTensor.get(input)!);
    for (const storage of taken) storage.lastStep = Math.max(storage.lastStep, step);
    byTensor.set(tensor, returnsInput(tensor.sourceLayer) ? taken[0]! : freshStorage(tensor, step, shapeOf));
  });
  for (const output of outputs) byTensor.get(output)!.lastStep = Infinity;
  return [...new Set(byTensor.values())];
}

function freshStorage(tensor: SymbolicTensor, step: number, shapeOf: ShapeOf): Storage {
  return {size: valuesOf([tensor], shapeOf), firstStep: step, lastStep: tensor.sourceLayer.stateful ? Infinity : step};
}

function returnsInput(layer: Layer): boolean {
  return passCardOf(layer).returnsInput?.(layer) === true;
}

function valuesOf(tensors: readonly SymbolicTensor[], shapeOf: ShapeOf): number {
  return sumBy(tensors, tensor => sizeOf(shapeOf(tensor).slice(1)));
}
