import * as tf from '@tensorflow/tfjs-core';
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
    if (entries === undefined && dtype === 'float32') return tf.randomNormal(shape, 0, 1, 'float32', seed + i);
    return tf.tidy(() => {
      const drawn = tf.randomUniform(shape, 0, entries ?? 2, 'float32', seed + i).dataSync();
      const whole = Int32Array.from(drawn, value => Math.min(Math.floor(value), (entries ?? 2) - 1));
      return dtype === 'int32' ? tf.tensor(whole, shape, dtype) : tf.tensor(Float32Array.from(whole), shape);
    });
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
