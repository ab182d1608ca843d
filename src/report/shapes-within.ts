import type {Shape, SymbolicTensor} from '@tensorflow/tfjs-layers';
import {isModel, type Layer, type Model} from '../tfjs-internals.js';

/** The shape of a tensor of a model, with the batch first. */
export type ShapeOf = (tensor: SymbolicTensor) => Shape;

/** The shapes of a model's tensors. @param inputShapes those of its inputs, if it leaves sizes open. */
export function shapesWithin(model: Model, inputShapes?: readonly Shape[]): ShapeOf {
  if (!inputShapes) return ({shape}) => shape;
  const known = new Map(model.inputs.map(({id}, i) => [id, inputShapes[i]!]));
  const shapeOf: ShapeOf = tensor => {
    const shape = known.get(tensor.id) ?? madeShape(tensor, shapeOf);
    known.set(tensor.id, shape);
    return shape;
  };
  return shapeOf;
}

function madeShape({sourceLayer, inputs, outputTensorIndex = 0}: SymbolicTensor, shapeOf: ShapeOf): Shape {
  return outputShapesOf(sourceLayer, inputs.map(shapeOf))[outputTensorIndex]!;
}

function outputShapesOf(layer: Layer, inputs: readonly Shape[]): Shape[] {
  if (isModel(layer)) return layer.outputs.map(shapesWithin(layer, inputs));
  const shapes = layer.computeOutputShape(inputs.length === 1 ? inputs[0]! : [...inputs]);
  return Array.isArray(shapes[0]) ? (shapes as Shape[]) : [shapes as Shape];
}
