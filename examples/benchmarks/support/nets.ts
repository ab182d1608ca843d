import * as tf from '@tensorflow/tfjs';

const {layers} = tf;

const dense = (units: number, activation: 'relu' | 'softmax' = 'relu') => layers.dense({units, activation});

function lenet300(): tf.LayersModel {
  return tf.sequential({
    layers: [layers.flatten({inputShape: [28, 28, 1]}), dense(300), dense(100), dense(10, 'softmax')],
  });
}

function lenet5(): tf.LayersModel {
  return tf.sequential({
    layers: [
      layers.conv2d({filters: 20, kernelSize: 5, inputShape: [28, 28, 1], activation: 'relu'}),
      layers.maxPooling2d({poolSize: 2}),
      layers.conv2d({filters: 50, kernelSize: 5, activation: 'relu'}),
      layers.maxPooling2d({poolSize: 2}),
      layers.flatten(),
      dense(500),
      dense(10, 'softmax'),
    ],
  });
}

type Symbolic = tf.SymbolicTensor;

const through = (x: Symbolic, ...stack: tf.layers.Layer[]) =>
  stack.reduce((tensor, layer) => layer.apply(tensor) as Symbolic, x);

const conv = (filters: number, kernelSize: number, strides = 1) =>
  layers.conv2d({filters, kernelSize, strides, padding: 'same', useBias: false});

function residualBlock(x: Symbolic, filters: number, strides: number): Symbolic {
  const [first, second] = [conv(filters, 3, strides), conv(filters, 3)];
  const branch = through(x, first, layers.batchNormalization(), layers.reLU(), second, layers.batchNormalization());
  const shortcut = strides === 1 ? x : through(x, conv(filters, 1, strides), layers.batchNormalization());
  return through(layers.add().apply([branch, shortcut]) as Symbolic, layers.reLU());
}

/** Nineteen convolutions in three stages of 16, 32 and 64 channels, as in https://arxiv.org/abs/1512.03385. */
function resnet20(): tf.LayersModel {
  const inputs = tf.input({shape: [32, 32, 3]});
  let x = through(inputs, conv(16, 3), layers.batchNormalization(), layers.reLU());
  for (const filters of [16, 32, 64]) {
    for (let block = 0; block < 3; block++) x = residualBlock(x, filters, filters > 16 && block === 0 ? 2 : 1);
  }
  const outputs = through(x, layers.globalAveragePooling2d({}), dense(10, 'softmax'));
  return tf.model({inputs, outputs});
}

const separableBlock = (filters: number, strides: number) => [
  layers.depthwiseConv2d({kernelSize: 3, strides, padding: 'same', useBias: false}),
  layers.batchNormalization(),
  layers.reLU(),
  conv(filters, 1),
  layers.batchNormalization(),
  layers.reLU(),
];

/** Depthwise separable convolutions, as in https://arxiv.org/abs/1704.04861. */
function mobilenet(): tf.LayersModel {
  const blocks: [number, number][] = [
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
  ];
  const inputs = tf.input({shape: [32, 32, 3]});
  const first = [conv(32, 3), layers.batchNormalization(), layers.reLU()];
  const rest = blocks.flatMap(([filters, strides]) => separableBlock(filters, strides));
  const last = [layers.globalAveragePooling2d({}), dense(10, 'softmax')];
  return tf.model({inputs, outputs: through(inputs, ...first, ...rest, ...last)});
}

/** The nets of the benchmark of backends; each has ten classes. */
export const NETS = {
  'LeNet-300-100': lenet300,
  'LeNet-5': lenet5,
  'ResNet-20-like': resnet20,
  'MobileNet-like': mobilenet,
};

/** The name of one of these nets. */
export type Net = keyof typeof NETS;
