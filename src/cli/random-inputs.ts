import * as tf from '@tensorflow/tfjs-core';
import {normalNumbers, randomNumbers} from '../math/random-numbers.js';
import {fieldsOf, type Model} from '../tfjs-internals.js';

/**
 * Inputs for a model, drawn by a seed: normally distributed, or entries of an embedding.
 *
 * @param shapes of the inputs without the batch.
 */
export function randomInputs(model: Model, shapes: readonly (readonly number[])[], count: number, seed: number) {
  return model.inputs.map(({dtype}, i) => {
    const entries = entriesOf(model, i);
    const shape = [count, ...shapes[i]!];
    const [size, text] = [tf.util.sizeFromShape(shape), `input ${i} of seed ${seed}`];
    if (entries === undefined && dtype === 'float32') return tf.tensor(normalNumbers(size, text), shape);
    const whole = randomNumbers(size, text).map(number => Math.floor(number * (entries ?? 2)));
    return tf.tensor(whole, shape, dtype);
  });
}

/** How many entries an embedding that takes the input has; undefined if none does. */
function entriesOf(model: Model, input: number): number | undefined {
  const taking = model.layers.find(layer => {
    return (
      layer.getClassName() === 'Embedding' &&
      [layer.inboundNodes[0]?.inputTensors].flat()[0]?.id === model.inputs[input]!.id
    );
  });
  return taking && (fieldsOf(taking)['inputDim'] as number);
}
