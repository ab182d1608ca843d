import * as tf from '@tensorflow/tfjs';

/** LeNet-300-100: 266,200 weights, drawn with the seed: by default from a Gaussian (Glorot). */
export function lenet300(seed: number, initializer = tf.initializers.glorotNormal({seed})): tf.Sequential {
  const layer = (units: number, more: object) => tf.layers.dense({units, kernelInitializer: initializer, ...more});
  return tf.sequential({
    layers: [
      tf.layers.flatten({inputShape: [28, 28, 1]}),
      layer(300, {name: 'hidden1', activation: 'relu'}),
      layer(100, {name: 'hidden2', activation: 'relu'}),
      layer(10, {name: 'output', activation: 'softmax'}),
    ],
  });
}

/** LeNet-5 with 20 and 50 filters of 5 x 5 and 500 neurons: 430,500 weights; optionally with batch normalizations. */
export function lenet5(seed: number, {batchNormalization = false} = {}): tf.Sequential {
  const drawn = () => ({kernelInitializer: tf.initializers.heNormal({seed})});
  const filters = (name: string, count: number, more: object = {}) => [
    tf.layers.conv2d({name, filters: count, kernelSize: 5, useBias: !batchNormalization, ...drawn(), ...more}),
    ...(batchNormalization ? [tf.layers.batchNormalization({name: `${name}_bn`})] : []),
    tf.layers.reLU(),
    tf.layers.maxPooling2d({poolSize: 2}),
  ];
  return tf.sequential({
    layers: [
      ...filters('conv1', 20, {inputShape: [28, 28, 1]}),
      ...filters('conv2', 50),
      tf.layers.flatten(),
      tf.layers.dense({name: 'hidden', units: 500, activation: 'relu', ...drawn()}),
      tf.layers.dense({name: 'output', units: 10, activation: 'softmax', ...drawn()}),
    ],
  });
}
