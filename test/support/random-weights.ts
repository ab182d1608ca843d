import * as tf from '@tensorflow/tfjs';

/**
 * Gives all weights of a model, biases and statistics of batch normalization too, values that follow from a seed and of
 * which none is neutral: kernels keep the size of what goes through them, scales and variances lie about 1.
 */
export function withRandomWeights<M extends tf.LayersModel>(model: M, seed = 1): M {
  model.weights.forEach((weight, i) => {
    const value = randomWeight(weight.originalName, weight.shape as number[], 1000 * seed + i);
    weight.write(value);
    value.dispose();
  });
  return model;
}

function randomWeight(name: string, shape: number[], seed: number): tf.Tensor {
  if (/moving_variance$|gamma$/.test(name)) return tf.randomUniform(shape, 0.5, 1.5, 'float32', seed);
  const fanIn = Math.max(1, tf.util.sizeFromShape(shape) / shape.at(-1)!);
  const deviation = shape.length === 1 ? 0.5 : 1 / Math.sqrt(fanIn);
  return tf.randomNormal(shape, 0, deviation, 'float32', seed);
}
