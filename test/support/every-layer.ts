import * as tf from '@tensorflow/tfjs';
import {regularizers} from 'tfjs-pruning';

const {layers, initializers, constraints} = tf;

/** The inputs of a layer: shapes with the batch, of whole numbers below `below` where that is given. */
export interface Inputs {
  readonly shapes: readonly number[][];
  readonly below?: number;
}

/** A layer of tf.js, with options that are not its defaults. */
export interface EveryLayer extends Inputs {
  readonly name: string;
  readonly make: () => tf.layers.Layer;
  /** Whether nothing can stand behind it: tf.js computes another shape than it says. */
  readonly isLast?: boolean;
}

const BIAS = {
  biasInitializer: initializers.constant({value: 0.5}),
  biasRegularizer: regularizers.l1({strength: 0.1}),
  biasConstraint: constraints.minMaxNorm({minValue: 0.1, maxValue: 0.9, rate: 0.5, axis: 0}),
};
const KERNEL = {
  kernelInitializer: initializers.randomNormal({mean: 0.1, stddev: 0.5, seed: 3}),
  kernelRegularizer: regularizers.groupLasso({strength: 0.1}),
  kernelConstraint: constraints.unitNorm({axis: 1}),
  ...BIAS,
};
const RECURRENT = {
  recurrentInitializer: initializers.randomUniform({minval: -0.5, maxval: 0.7, seed: 4}),
  recurrentRegularizer: regularizers.elasticNet({l1: 0.1, l2: 0.2}),
  recurrentConstraint: constraints.maxNorm({maxValue: 0.3, axis: 1}),
  dropout: 0.2,
  recurrentDropout: 0.3,
};
const DEPTHWISE = {
  depthMultiplier: 2,
  depthwiseInitializer: initializers.heNormal({seed: 5}),
  depthwiseRegularizer: regularizers.l2({strength: 0.1}),
  depthwiseConstraint: constraints.maxNorm({maxValue: 0.5, axis: 1}),
};
const POINTWISE = {
  pointwiseInitializer: initializers.leCunUniform({seed: 6}),
  pointwiseRegularizer: regularizers.hoyerSquare({strength: 0.1}),
  pointwiseConstraint: 'nonNeg' as const,
};
const FIRST = {dataFormat: 'channelsFirst'} as const;
const GATED = {activation: 'relu', recurrentActivation: 'sigmoid', implementation: 2} as const;
const READ_BACKWARDS = {returnSequences: true, goBackwards: true};

function row(name: string, make: () => unknown, ...shapes: number[][]): EveryLayer {
  return {name, make: make as () => tf.layers.Layer, shapes: shapes.map(shape => [2, ...shape])};
}

const image = [6, 5, 2];
const imageFirst = [2, 6, 5];
const volume = [4, 4, 3, 2];
const volumeFirst = [2, 4, 4, 3];
const series = [5, 2];
const film = [3, 5, 5, 2];

const CONVOLUTIONS = [
  row('Conv1D', () => layers.conv1d({filters: 3, kernelSize: 3, strides: 2, padding: 'same', ...KERNEL}), [9, 2]),
  {
    ...row('Conv1D first', () => layers.conv1d({filters: 3, kernelSize: 3, ...FIRST, useBias: false}), [2, 9]),
    isLast: true,
  },
  row('Conv1D dilated', () => layers.conv1d({filters: 3, kernelSize: 3, dilationRate: 2}), [9, 2]),
  row(
    'Conv2D',
    () => layers.conv2d({filters: 3, kernelSize: [3, 2], strides: [2, 1], padding: 'same', ...KERNEL}),
    image,
  ),
  row('Conv2D first', () => layers.conv2d({filters: 3, kernelSize: 2, dilationRate: 2, ...FIRST}), imageFirst),
  row('Conv3D', () => layers.conv3d({filters: 3, kernelSize: [2, 2, 1], strides: [1, 2, 1], ...KERNEL}), volume),
  row('Conv3D dilated', () => layers.conv3d({filters: 3, kernelSize: 2, dilationRate: 2}), volume),
  row('Conv2DTranspose', () => layers.conv2dTranspose({filters: 3, kernelSize: 2, strides: [2, 1], ...KERNEL}), image),
  row('Conv2DTranspose first', () => layers.conv2dTranspose({filters: 3, kernelSize: 2, ...FIRST}), imageFirst),
  row(
    'Conv2DTranspose dilated',
    () => layers.conv2dTranspose({filters: 3, kernelSize: 2, dilationRate: [2, 2], padding: 'same'}),
    image,
  ),
  row('Conv3DTranspose', () => layers.conv3dTranspose({filters: 3, kernelSize: 2, strides: 2, ...KERNEL}), volume),
  row('Conv3DTranspose first', () => layers.conv3dTranspose({filters: 3, kernelSize: 2, ...FIRST}), volumeFirst),
  row(
    'DepthwiseConv2D',
    () => layers.depthwiseConv2d({kernelSize: [3, 2], strides: 2, padding: 'same', ...DEPTHWISE, ...BIAS}),
    image,
  ),
  row(
    'DepthwiseConv2D constrained',
    () => layers.depthwiseConv2d({kernelSize: 2, depthwiseConstraint: 'nonNeg'}),
    image,
  ),
  row('DepthwiseConv2D first', () => layers.depthwiseConv2d({kernelSize: 2, ...FIRST, useBias: false}), imageFirst),
  row(
    'SeparableConv2D',
    () => layers.separableConv2d({filters: 3, kernelSize: 3, strides: 2, ...DEPTHWISE, ...POINTWISE, ...BIAS}),
    image,
  ),
  row(
    'SeparableConv2D dilated',
    () => layers.separableConv2d({filters: 3, kernelSize: 2, dilationRate: 2, depthMultiplier: 3, useBias: false}),
    image,
  ),
];

const cells = {
  simpleRNN: {layer: layers.simpleRNN, cell: layers.simpleRNNCell, more: {activation: 'relu'}},
  gru: {layer: layers.gru, cell: layers.gruCell, more: GATED},
  lstm: {layer: layers.lstm, cell: layers.lstmCell, more: {...GATED, unitForgetBias: true}},
} as const;

const RECURRENT_LAYERS = Object.entries(cells).flatMap(([kind, {layer, cell, more}]) => {
  const [make, makeCell] = [layer, cell as typeof layers.lstmCell];
  const all = {units: 3, ...more, ...KERNEL, ...RECURRENT};
  return [
    row(kind, () => make({...all, ...READ_BACKWARDS}), series),
    row(`${kind} with its state`, () => make({units: 3, useBias: false, returnState: true, unroll: true}), series),
    row(`${kind} that goes on`, () => make({units: 3, stateful: true}), series),
    row(`${kind} of a cell`, () => layers.rnn({cell: makeCell(all), ...READ_BACKWARDS}), series),
    row(`${kind} both ways`, () => layers.bidirectional({layer: make(all), mergeMode: 'ave'}), series),
  ];
});

const HOLDERS = [
  row(
    'StackedRNNCells',
    () => {
      const stack = [
        layers.lstmCell({units: 3, unitForgetBias: true, ...KERNEL, ...RECURRENT}),
        layers.gruCell({units: 4, recurrentActivation: 'sigmoid', ...KERNEL}),
        layers.simpleRNNCell({units: 2}),
      ];
      return layers.rnn({cell: layers.stackedRNNCells({cells: stack}), returnSequences: true, returnState: true});
    },
    series,
  ),
  row(
    'ConvLSTM2D',
    () =>
      layers.convLstm2d({
        filters: 2,
        kernelSize: [2, 3],
        padding: 'same',
        unitForgetBias: true,
        ...GATED,
        ...KERNEL,
        ...RECURRENT,
        ...READ_BACKWARDS,
      }),
    film,
  ),
  row(
    'ConvLSTM2D dilated',
    () => layers.convLstm2d({filters: 2, kernelSize: 2, dilationRate: 2, padding: 'same'}),
    film,
  ),
  row(
    'Bidirectional in two',
    () => {
      const mergeMode = null as unknown as 'sum';
      return layers.bidirectional({layer: layers.gru({units: 3, goBackwards: true, ...KERNEL}), mergeMode});
    },
    series,
  ),
  row('TimeDistributed', () => layers.timeDistributed({layer: layers.dense({units: 3, ...KERNEL})}), series),
  row(
    'TimeDistributed SeparableConv2D',
    () => {
      const layer = layers.separableConv2d({filters: 3, kernelSize: 2, ...DEPTHWISE, ...POINTWISE});
      return layers.timeDistributed({layer});
    },
    film,
  ),
  row(
    'TimeDistributed model',
    () => {
      const inside = [
        layers.depthwiseConv2d({kernelSize: 2, inputShape: [5, 5, 2], ...DEPTHWISE}),
        layers.separableConv2d({filters: 3, kernelSize: 2, ...DEPTHWISE, ...POINTWISE}),
        layers.flatten(),
      ];
      return layers.timeDistributed({layer: tf.sequential({layers: inside})});
    },
    film,
  ),
  row(
    'nested model',
    () => {
      const inside = [
        layers.separableConv2d({filters: 3, kernelSize: 2, inputShape: image, ...DEPTHWISE, ...POINTWISE}),
        layers.batchNormalization({
          gammaRegularizer: regularizers.l1({strength: 0.1}),
          betaConstraint: constraints.unitNorm({axis: 0}),
        }),
      ];
      return tf.sequential({layers: inside});
    },
    image,
  ),
];

const ADDED = ['add', 'average', 'maximum', 'minimum', 'multiply'] as const;

const OTHERS = [
  row('Dense', () => layers.dense({units: 3, activation: 'hardSigmoid', ...KERNEL}), [4]),
  row('Dense frozen', () => layers.dense({units: 3, useBias: false, trainable: false}), [4]),
  {
    ...row(
      'Embedding',
      () =>
        layers.embedding({
          inputDim: 5,
          outputDim: 3,
          embeddingsInitializer: initializers.truncatedNormal({stddev: 1, seed: 7}),
          embeddingsRegularizer: regularizers.sparseGroupLasso({strength: 0.1, alpha: 0.5}),
          embeddingsConstraint: 'nonNeg',
          maskZero: true,
          inputLength: 4,
        }),
      [4],
    ),
    below: 5,
  },
  row(
    'BatchNormalization',
    () =>
      layers.batchNormalization({
        axis: 1,
        momentum: 0.5,
        epsilon: 0.1,
        betaInitializer: 'ones',
        gammaInitializer: initializers.constant({value: 2}),
        movingMeanInitializer: 'ones',
        movingVarianceInitializer: initializers.constant({value: 3}),
        betaRegularizer: regularizers.l2({strength: 0.1}),
        gammaRegularizer: regularizers.groupLasso({strength: 0.1}),
        betaConstraint: constraints.unitNorm({axis: 0}),
        gammaConstraint: constraints.maxNorm({maxValue: 1}),
      }),
    [3, 4],
  ),
  row('BatchNormalization bare', () => layers.batchNormalization({center: false, scale: false}), [3, 4]),
  row(
    'LayerNormalization',
    () =>
      layers.layerNormalization({
        axis: [1, 2],
        epsilon: 0.1,
        gammaInitializer: initializers.constant({value: 2}),
        betaRegularizer: regularizers.l1({strength: 0.1}),
        gammaRegularizer: regularizers.hoyerSquare({strength: 0.1}),
      }),
    [3, 4],
  ),
  row('LayerNormalization bare', () => layers.layerNormalization({axis: 1, center: false, scale: false}), [3, 4]),
  row(
    'PReLU',
    () =>
      layers.prelu({
        alphaInitializer: initializers.constant({value: -0.2}),
        alphaRegularizer: regularizers.groupLasso({strength: 0.1}),
        alphaConstraint: constraints.nonNeg(),
        sharedAxes: [1],
      }),
    [3, 4],
  ),
  row('ReLU', () => layers.reLU({maxValue: 0.5}), [4]),
  row('LeakyReLU', () => layers.leakyReLU({alpha: 0.7}), [4]),
  row('ELU', () => layers.elu({alpha: 1}), [4]),
  row('ThresholdedReLU', () => layers.thresholdedReLU({theta: 0.3}), [4]),
  row('Softmax', () => layers.softmax({axis: [1, 2] as unknown as number}), [3, 4]),
  row('Activation', () => layers.activation({activation: 'swish'}), [4]),
  row('Dropout', () => layers.dropout({rate: 0.3, noiseShape: [2, 1, 4], seed: 3}), [3, 4]),
  row('SpatialDropout1D', () => layers.spatialDropout1d({rate: 0.3, seed: 3}), [3, 4]),
  row('GaussianNoise', () => layers.gaussianNoise({stddev: 0.3}), [3, 4]),
  row('GaussianDropout', () => layers.gaussianDropout({rate: 0.3}), [3, 4]),
  row('AlphaDropout', () => layers.alphaDropout({rate: 0.3, noiseShape: [2, 1, 4]}), [3, 4]),
  row('Flatten', () => layers.flatten(FIRST), image),
  row('RepeatVector', () => layers.repeatVector({n: 3}), [4]),
  row('Reshape', () => layers.reshape({targetShape: [2, -1]}), [4]),
  row('Permute', () => layers.permute({dims: [2, 1]}), [2, 4]),
  row('Masking', () => layers.masking({maskValue: 0.5}), [3, 4]),
  row(
    'ZeroPadding2D',
    () =>
      layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
        ...FIRST,
      }),
    imageFirst,
  ),
  row(
    'Cropping2D',
    () =>
      layers.cropping2D({
        cropping: [
          [1, 2],
          [0, 1],
        ],
        ...FIRST,
      }),
    imageFirst,
  ),
  row('UpSampling2D', () => layers.upSampling2d({size: [2, 3], interpolation: 'bilinear', ...FIRST}), imageFirst),
  row('MaxPooling1D', () => layers.maxPooling1d({poolSize: 3, strides: 2, padding: 'same'}), [7, 2]),
  row('AveragePooling1D', () => layers.averagePooling1d({poolSize: 3, strides: 2, padding: 'same'}), [7, 2]),
  row('MaxPooling2D', () => layers.maxPooling2d({poolSize: [3, 2], strides: [2, 1], ...FIRST}), imageFirst),
  row('AveragePooling2D', () => layers.averagePooling2d({poolSize: [3, 2], strides: 1, ...FIRST}), imageFirst),
  row('MaxPooling3D', () => layers.maxPooling3d({poolSize: [3, 2, 1], strides: 1, padding: 'same'}), volume),
  row('AveragePooling3D', () => layers.averagePooling3d({poolSize: [3, 2, 1], strides: 1, ...FIRST}), volumeFirst),
  row('GlobalMaxPooling1D', () => layers.globalMaxPooling1d({}), [7, 2]),
  row('GlobalAveragePooling1D', () => layers.globalAveragePooling1d({}), [7, 2]),
  row('GlobalMaxPooling2D', () => layers.globalMaxPooling2d(FIRST), imageFirst),
  row('GlobalAveragePooling2D', () => layers.globalAveragePooling2d(FIRST), imageFirst),
  ...ADDED.map(kind => row(kind, () => layers[kind](), [3, 4], [3, 4])),
  row('Concatenate', () => layers.concatenate({axis: 1}), [3, 4], [2, 4]),
  row('Dot', () => layers.dot({axes: [1, 2], normalize: true}), [4, 3], [2, 4]),
  row('Rescaling', () => layers.rescaling({scale: 0.3, offset: 2}), [4, 3]),
];

/** Every layer that tf.js 4.22 can run in a model, with every option away from its default in one row or another. */
export const EVERY_LAYER: readonly EveryLayer[] = [...CONVOLUTIONS, ...RECURRENT_LAYERS, ...HOLDERS, ...OTHERS];

/** Layers that tf.js 4.22 lets no model run: they take lists for tensors, or change the shapes that they are handed. */
export const NEVER_RUN = {
  CategoryEncoding: () => layers.categoryEncoding({numTokens: 5, outputMode: 'count'}),
  CenterCrop: () => layers.centerCrop({height: 3, width: 2}),
  RandomWidth: () => layers.randomWidth({factor: [0.1, 0.2], interpolation: 'nearest', seed: 3}),
  Resizing: () => {
    const args = {interpolation: 'nearest', cropToAspectRatio: true} as const;
    return layers.resizing({height: 3, width: 7, ...args});
  },
} as Record<string, () => tf.layers.Layer>;

/**
 * A model of that layer, with a dense layer before and behind it where they fit, so that there is something to prune
 * and to cut.
 */
export function modelOf({make, shapes, below, isLast = false}: EveryLayer): tf.LayersModel {
  const inputs = shapes.map(batchShape => tf.input({batchShape}));
  const taken = below === undefined ? inputs.map((input, i) => mixed(input, `before${i}`)) : inputs;
  const outputs = [make().apply(taken.length === 1 ? taken[0]! : taken)].flat() as tf.SymbolicTensor[];
  return tf.model({inputs, outputs: isLast || outputs.length > 1 ? outputs : mixed(outputs[0]!, 'behind')});
}

/** Random input for it. */
export function inputOf({shapes, below}: Inputs): tf.Tensor[] {
  return shapes.map((shape, i) => {
    if (below === undefined) return tf.randomNormal(shape, 0, 1, 'float32', i + 1);
    return tf.floor(tf.randomUniform(shape, 0, below, 'float32', i + 1));
  });
}

/** Keeps the last axis as long as it is. */
function mixed(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  const kernelInitializer = initializers.glorotNormal({seed: 1});
  return layers.dense({name, units: x.shape.at(-1)!, kernelInitializer}).apply(x) as tf.SymbolicTensor;
}
