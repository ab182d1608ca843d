import {endsOf, layersOf, nameOf, type ModelSource, type SerializedLayer} from './source/model-source.js';

/** The sizes of an input, without the batch; null where a model leaves one open. */
export type Shape = readonly (number | null)[];

/** The shapes of the inputs of a model; those that are given if a file does not tell them. */
export function inputShapesOf({inputShapes, topology}: ModelSource, given?: readonly Shape[]): readonly Shape[] {
  const shapes = inputShapes ?? storedShapes(topology, given);
  if (shapes.every(({length}) => length > 0)) return shapes;
  throw new TypeError('compile expects inputs of one axis or more beside the batch, got one of none');
}

function storedShapes(model: SerializedLayer, given: readonly Shape[] | undefined): readonly Shape[] {
  const layers = layersOf(model)!;
  const named = endsOf(model, 'inputLayers')?.map(([name]) => layers.find(layer => nameOf(layer) === name)!);
  return (named ?? layers.slice(0, 1)).flatMap(layer => {
    if (layersOf(layer)) return storedShapes(layer, given);
    const {batchInputShape} = layer.config as {batchInputShape?: Shape};
    if (batchInputShape) return [batchInputShape.slice(1)];
    if (given) return given;
    throw new TypeError(`compile finds no input shape of layer "${nameOf(layer)}"; pass \`inputShapes\``);
  });
}

/** Whether all sizes are known. */
export function areKnown(shapes: readonly Shape[]): shapes is readonly (readonly number[])[] {
  return shapes.flat().every(size => size !== null);
}
