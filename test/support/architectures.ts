import * as tf from '@tensorflow/tfjs';
import mapValues from 'lodash/mapValues.js';
import {withRandomWeights} from './random-weights.js';

type Tensors = tf.SymbolicTensor | tf.SymbolicTensor[];
const {layers} = tf;

const input = (...shape: number[]) => tf.input({shape});
const modelOf = (inputs: Tensors, outputs: Tensors) => tf.model({inputs, outputs});
const through = (x: Tensors, ...chain: tf.layers.Layer[]) =>
  chain.reduce<Tensors>((y, layer) => layer.apply(y) as tf.SymbolicTensor, x) as tf.SymbolicTensor;

const conv = (name: string, filters: number, more = {}) =>
  layers.conv2d({name, filters, kernelSize: 3, padding: 'same', ...more});
const pointwise = (name: string, filters: number, more = {}) => conv(name, filters, {kernelSize: 1, ...more});
const depthwise = (name: string, more = {}) => layers.depthwiseConv2d({name, kernelSize: 3, padding: 'same', ...more});
const separable = (name: string, filters: number, more = {}) =>
  layers.separableConv2d({name, filters, kernelSize: 3, padding: 'same', ...more});
const upConv = (name: string, filters: number) =>
  layers.conv2dTranspose({name, filters, kernelSize: 2, strides: 2, padding: 'same'});
const dense = (name: string, units: number, more = {}) => layers.dense({name, units, ...more});
const bn = (name: string, more = {}) => layers.batchNormalization({name, ...more});
const relu = () => layers.reLU();
const pool = (more = {}) => layers.maxPooling2d({poolSize: 2, ...more});
const flatten = (more = {}) => layers.flatten(more);
const averaged = () => layers.globalAveragePooling2d({});
const out = () => dense('out', 2);

/** A drawn initial matrix is orthogonal, which is slow; all weights are overwritten anyway. */
const recurrent = (name: string, units: number, more = {}) =>
  ({name, units, recurrentInitializer: 'zeros', ...more}) as const;
const lstm = (name: string, units: number, more = {}) => layers.lstm(recurrent(name, units, more));
const gru = (name: string, units: number, more = {}) => layers.gru(recurrent(name, units, more));
const simpleRNN = (name: string, units: number, more = {}) => layers.simpleRNN(recurrent(name, units, more));
const SEQUENCE = {returnSequences: true};

type MergeMode = 'concat' | 'sum' | 'mul' | 'ave';
function bidirectional(mergeMode: MergeMode): tf.LayersModel {
  const x = input(4, 3);
  const layer = lstm('lstm', 3, SEQUENCE);
  return modelOf(x, through(x, layers.bidirectional({name: 'both', layer, mergeMode}), gru('gru', 4), out()));
}

const BUILDERS = {
  plain() {
    const x = input(8, 8, 3);
    const features = through(x, conv('conv1', 4), bn('bn1'), relu(), pool(), conv('conv2', 5, {padding: 'valid'}));
    return modelOf(x, through(features, flatten(), dense('fc', 6, {activation: 'relu'}), out()));
  },

  residualWithInput() {
    const x = input(6, 6, 4);
    const branch = through(x, conv('inner', 6, {activation: 'relu'}), conv('added', 4));
    return modelOf(x, through([x, branch], layers.add(), relu(), conv('after', 3), averaged(), out()));
  },

  residualStages() {
    const x = input(8, 8, 2);
    const stem = through(x, conv('stem', 4), bn('bn0'), relu());
    const inner = through(stem, conv('a1', 5), bn('bn1'), relu(), conv('a2', 4), bn('bn2'));
    const stage = through([stem, inner], layers.add(), relu());
    const narrow = through(stage, conv('b1', 6, {strides: 2}), relu(), conv('b2', 6), bn('bn3'));
    const projection = through(stage, pointwise('projection', 6, {strides: 2, useBias: false}));
    return modelOf(x, through([narrow, projection], layers.add(), relu(), averaged(), out()));
  },

  denseConcatenation() {
    const x = input(6, 6, 2);
    const first = through(x, conv('conv0', 4));
    const second = through([first, through(first, bn('bn0'), relu(), conv('conv1', 3))], layers.concatenate());
    const third = through([second, through(second, bn('bn1'), relu(), conv('conv2', 3))], layers.concatenate());
    return modelOf(x, through(third, bn('bn2'), relu(), pointwise('squeeze', 4), flatten(), out()));
  },

  invertedResiduals() {
    const x = input(6, 6, 3);
    const relu6 = () => layers.reLU({maxValue: 6});
    const stem = through(x, conv('stem', 4, {strides: 2}), bn('bn0'), relu6());
    const expanded = through(stem, pointwise('expand', 8, {useBias: false}), bn('bn1'), relu6());
    const projected = through(expanded, depthwise('depthwise'), bn('bn2'), relu6(), pointwise('project', 4), bn('bn3'));
    return modelOf(x, through([stem, projected], layers.add(), pointwise('head', 6), averaged(), out()));
  },

  depthMultiplier() {
    const x = input(5, 5, 2);
    const multiplied = through(x, conv('conv', 3), depthwise('depthwise', {depthMultiplier: 2}), bn('bn'), relu());
    return modelOf(x, through(multiplied, pointwise('mix', 5), flatten(), out()));
  },

  depthMultiplierThenFlatten() {
    const x = input(4, 4, 2);
    return modelOf(x, through(x, conv('conv', 3), depthwise('depthwise', {depthMultiplier: 3}), flatten(), out()));
  },

  separable() {
    const x = input(5, 5, 2);
    const features = through(x, conv('conv', 3), separable('wide', 5), bn('bn'), relu(), separable('narrow', 4));
    return modelOf(x, through(features, layers.globalMaxPooling2d({}), out()));
  },

  separableMultiplied() {
    const x = input(5, 5, 2);
    return modelOf(x, through(x, conv('conv', 3), separable('wide', 5, {depthMultiplier: 2}), averaged(), out()));
  },

  squeezeAndExcite() {
    const x = input(5, 5, 2);
    const features = through(x, conv('conv', 4));
    const squeezed = through(features, averaged(), layers.reshape({targetShape: [1, 1, 4]}));
    const gates = through(squeezed, pointwise('squeeze', 2), relu(), pointwise('excite', 4, {activation: 'sigmoid'}));
    return modelOf(x, through([features, gates], layers.multiply(), conv('after', 3), averaged(), out()));
  },

  squeezeAndExciteByVectors() {
    const x = input(5, 5, 2);
    const features = through(x, conv('conv', 4));
    const gates = through(features, averaged(), dense('squeeze', 2), dense('excite', 4, {activation: 'sigmoid'}));
    return modelOf(x, through([features, gates], layers.multiply(), conv('after', 3), averaged(), out()));
  },

  spatialAttention() {
    const x = input(5, 5, 2);
    const features = through(x, conv('conv', 4));
    const mask = through(features, conv('mask', 1, {activation: 'sigmoid'}));
    return modelOf(x, through([features, mask], layers.multiply(), conv('after', 3), averaged(), out()));
  },

  uNet() {
    const x = input(8, 8, 2);
    const down1 = through(x, conv('down1', 4), relu());
    const down2 = through(down1, pool(), conv('down2', 5), relu());
    const bottom = through(down2, pool(), conv('bottom', 6), relu());
    const up2 = through([down2, through(bottom, upConv('up2', 3))], layers.concatenate(), conv('mix2', 5));
    const up1 = through([through(up2, layers.upSampling2d({size: [2, 2]})), down1], layers.concatenate());
    return modelOf(x, through(up1, conv('mix1', 4), pointwise('out', 1)));
  },

  twoInputsTwoHeads() {
    const [image, extra] = [input(4, 4, 2), input(3)];
    const features = through(image, conv('conv', 4), relu(), averaged());
    const trunk = through(
      [features, through(extra, dense('extra', 4))],
      layers.concatenate(),
      dense('trunk', 6, {activation: 'relu'}),
    );
    return modelOf([image, extra], [through(trunk, out()), through(features, dense('side', 1))]);
  },

  hiddenOutput() {
    const x = input(4);
    const shown = through(x, dense('before', 5), dense('shown', 3));
    return modelOf(x, [shown, through(shown, dense('after', 4), out())]);
  },

  recurrentStack() {
    const tokens = tf.input({shape: [5], dtype: 'int32'});
    const embedded = through(tokens, layers.embedding({name: 'embedding', inputDim: 5, outputDim: 4}));
    const sequence = through(embedded, lstm('lstm', 4, SEQUENCE), gru('gru', 3, SEQUENCE));
    return modelOf(tokens, through(sequence, simpleRNN('rnn', 3), out()));
  },

  maskedEmbedding() {
    const embedding = layers.embedding({name: 'embedding', inputDim: 5, outputDim: 4, maskZero: true, inputLength: 5});
    return tf.sequential({layers: [embedding, lstm('lstm', 4, SEQUENCE), gru('gru', 3), out()]});
  },

  masking() {
    const x = input(4, 3);
    return modelOf(x, through(x, layers.masking({maskValue: 0}), lstm('lstm', 4, SEQUENCE), gru('gru', 3), out()));
  },

  bidirectionalConcat: () => bidirectional('concat'),
  bidirectionalSum: () => bidirectional('sum'),
  bidirectionalMul: () => bidirectional('mul'),
  bidirectionalAve: () => bidirectional('ave'),

  /** Without a merge mode the two directions are two outputs. */
  bidirectionalApart() {
    const x = input(4, 3);
    const apart = layers.bidirectional({name: 'both', layer: gru('gru', 4), mergeMode: null as never});
    const [forward, backward] = apart.apply(x) as tf.SymbolicTensor[];
    const joined = layers.concatenate().apply([through(forward!, dense('mixed', 3)), backward!]) as tf.SymbolicTensor;
    return modelOf(x, through(joined, out()));
  },

  convolutionalLstm() {
    const convLstm = (name: string, filters: number, more = {}) =>
      layers.convLstm2d({name, filters, kernelSize: 2, recurrentInitializer: 'zeros', ...more});
    const x = input(3, 5, 5, 2);
    return modelOf(x, through(x, convLstm('first', 4, SEQUENCE), convLstm('last', 3), flatten(), out()));
  },

  timeDistributedDense() {
    const x = input(3, 4);
    const distributed = layers.timeDistributed({name: 'each', layer: dense('dense', 5, {activation: 'relu'})});
    return modelOf(x, through(x, distributed, lstm('lstm', 3), out()));
  },

  timeDistributedConv() {
    const x = input(3, 4, 4, 2);
    const each = (layer: tf.layers.Layer) => layers.timeDistributed({name: `each_${layer.name}`, layer});
    const features = through(x, each(conv('conv', 3)), each(bn('bn')), each(pool()), each(flatten()));
    return modelOf(x, through(features, gru('gru', 4), out()));
  },

  encoderDecoder() {
    const [source, target] = [input(4, 3), input(5, 2)];
    const [, h, c] = lstm('encoder', 3, {returnState: true}).apply(source) as tf.SymbolicTensor[];
    const decoder = lstm('decoder', 3, SEQUENCE);
    const decoded = decoder.apply(through(target, dense('widen', 4)), {initialState: [h!, c!]}) as tf.SymbolicTensor;
    return modelOf([source, target], through(decoded, out()));
  },

  /** Letters read, and phonemes spoken that attend to them: one set of units is states, keys, queries and values. */
  encoderDecoderWithAttention() {
    const [letters, previous] = [tf.input({shape: [4], dtype: 'int32'}), tf.input({shape: [5], dtype: 'int32'})];
    const embedding = (name: string, outputDim: number) => layers.embedding({name, inputDim: 5, outputDim});
    const reader = lstm('reader', 4, {...SEQUENCE, returnState: true});
    const [read, ...initialState] = reader.apply(through(letters, embedding('letters', 3))) as tf.SymbolicTensor[];
    const speaker = lstm('speaker', 4, SEQUENCE);
    const spoken = speaker.apply(through(previous, embedding('phonemes', 2)), {initialState}) as tf.SymbolicTensor;
    const weights = through([spoken, read!], layers.dot({axes: [2, 2]}), layers.softmax({axis: -1}));
    const context = through([weights, read!], layers.dot({axes: [2, 1]}));
    // In the other order tf.js gives the speaker's initial state to the reader, too, which it runs once for each output
    const hidden = through([spoken, context], layers.concatenate(), dense('hidden', 5, {activation: 'tanh'}));
    return modelOf([letters, previous], through(hidden, out()));
  },

  sequentialInFunctional() {
    const x = input(5, 5, 2);
    const stem = through(x, conv('stem', 3));
    const body = tf.sequential({
      name: 'body',
      layers: [conv('a', 4, {inputShape: [5, 5, 3]}), bn('bn'), relu(), conv('b', 3)],
    });
    return modelOf(x, through([stem, through(stem, body)], layers.add(), averaged(), out()));
  },

  functionalInSequential() {
    const x = input(5, 5, 3);
    const inner = through(x, conv('a', 4), relu(), conv('b', 3));
    const block = tf.model({name: 'block', inputs: x, outputs: through([x, inner], layers.add())});
    return tf.sequential({
      layers: [conv('stem', 3, {inputShape: [5, 5, 2]}), block, flatten(), dense('fc', 4), out()],
    });
  },

  nestedTwice() {
    const x = input(3);
    const block = tf.sequential({
      name: 'block',
      layers: [dense('a', 5, {inputShape: [4], activation: 'tanh'}), dense('b', 4)],
    });
    return modelOf(x, through(x, dense('before', 4), block, block, out()));
  },

  nestedWithTwoOutputs() {
    const [x, y] = [input(4), input(3)];
    const inner = through(y, dense('inner', 5));
    const block = tf.model({
      name: 'block',
      inputs: y,
      outputs: [through(inner, dense('a', 4)), through(inner, dense('b', 2))],
    });
    const [a, b] = block.apply(through(x, dense('before', 3))) as tf.SymbolicTensor[];
    return modelOf(x, [through(a!, out()), through(b!, dense('side', 1))]);
  },

  siamese() {
    const [left, right] = [input(6), input(6)];
    const tower = dense('tower', 4, {activation: 'tanh'});
    const both = [through(left, tower), through(right, tower)];
    const compared = [through(both, layers.multiply()), through(both, layers.concatenate())];
    return modelOf([left, right], through(compared, layers.concatenate(), out()));
  },

  sharedOnHidden() {
    const [left, right] = [input(3), input(5)];
    const shared = dense('shared', 3, {activation: 'tanh'});
    const both = [through(left, dense('left', 4), shared), through(right, dense('right', 4), shared)];
    return modelOf([left, right], through(both, layers.concatenate(), out()));
  },

  channelsFirst() {
    const x = input(2, 6, 6);
    const first = {dataFormat: 'channelsFirst'} as const;
    const features = through(x, conv('conv1', 4, first), relu(), pool(first));
    const flat = through(features, conv('conv2', 3, first), flatten(first));
    return modelOf(x, through(flat, dense('fc', 4), out()));
  },

  channelsFirstPlainFlatten() {
    const x = input(2, 4, 4);
    const first = {dataFormat: 'channelsFirst'} as const;
    const features = through(x, conv('conv1', 4, first), depthwise('depthwise', {...first, depthMultiplier: 2}));
    const [a, b] = [conv('conv2', 3, first), pointwise('conv3', 2, first)];
    const joined = through([through(features, a), through(features, b)], layers.concatenate({axis: 1}));
    return modelOf(x, through(joined, layers.upSampling2d({size: [2, 2], ...first}), flatten(), out()));
  },

  conv1d() {
    const x = input(8, 3);
    const line = (name: string, filters: number) =>
      layers.conv1d({name, filters, kernelSize: 3, padding: 'same', activation: 'relu'});
    const features = through(x, line('conv1', 4), layers.maxPooling1d({}), line('conv2', 5));
    return modelOf(
      x,
      through(features, layers.spatialDropout1d({rate: 0.5}), layers.globalAveragePooling1d({}), out()),
    );
  },

  conv3d() {
    const x = input(4, 4, 4, 2);
    const cube = {kernelSize: 2, padding: 'same'} as const;
    const features = through(
      x,
      layers.conv3d({name: 'conv', filters: 3, ...cube}),
      layers.prelu({name: 'prelu', sharedAxes: [1, 2, 3]}),
    );
    const up = layers.conv3dTranspose({name: 'up', filters: 4, ...cube});
    return modelOf(x, through(features, up, layers.averagePooling3d({poolSize: [2, 2, 2]}), flatten(), out()));
  },

  layerNormalization() {
    const x = input(4);
    const normalized = through(x, dense('before', 5), layers.layerNormalization({name: 'norm'}));
    return modelOf(x, through(normalized, dense('after', 4), out()));
  },

  layerNormalizationOverTime() {
    const x = input(4, 3);
    const normalized = through(x, dense('before', 5), layers.layerNormalization({name: 'norm', axis: 1}));
    return modelOf(x, through(normalized, dense('after', 4), out()));
  },

  batchNormalizationOverRows() {
    const x = input(4, 4, 2);
    return modelOf(x, through(x, conv('before', 3), bn('bn', {axis: 1}), conv('after', 4), flatten(), out()));
  },

  parametricRelu() {
    const x = input(4, 4, 2);
    const prelu = (name: string, sharedAxes?: number[]) => layers.prelu({name, sharedAxes: sharedAxes!});
    const features = through(x, conv('conv1', 4), prelu('p1'), conv('conv2', 3), prelu('p2', [1, 2]));
    const flat = through(features, conv('conv3', 3), prelu('p3', [1, 2, 3]), flatten(), prelu('p4'));
    return modelOf(x, through(flat, out()));
  },

  softmaxInside() {
    const x = input(4);
    const hidden = through(x, dense('before', 5), dense('softmax', 4, {activation: 'softmax'}));
    return modelOf(x, through(hidden, dense('after', 3), layers.softmax({}), out()));
  },

  repeatedAndPermuted() {
    const x = input(3);
    const sequence = through(x, dense('fc', 4), layers.repeatVector({n: 3}), lstm('lstm', 5, SEQUENCE));
    return modelOf(x, through(sequence, layers.permute({dims: [2, 1]}), flatten(), out()));
  },

  reshapedImage() {
    const x = input(4, 4, 2);
    const line = through(x, conv('conv', 3), layers.reshape({targetShape: [16, 3]}));
    const mixed = layers.conv1d({name: 'line', filters: 4, kernelSize: 3});
    return modelOf(x, through(line, mixed, layers.reshape({targetShape: [2, 7, 4]}), flatten(), out()));
  },

  reshapeThatMixes() {
    const x = input(3);
    const mixed = through(x, dense('before', 5), dense('split', 6), layers.reshape({targetShape: [2, 3]}));
    return modelOf(x, through(mixed, dense('after', 4), out()));
  },

  denseOverRows() {
    const x = input(4, 3);
    const rows = through(x, dense('before', 5), layers.permute({dims: [2, 1]}), dense('rows', 4));
    return modelOf(x, through(rows, flatten(), out()));
  },

  paddedAndCropped() {
    const x = input(4, 4, 2);
    const padded = through(x, conv('conv1', 3), layers.zeroPadding2d({padding: 2}), conv('conv2', 4));
    const cropped = through(padded, layers.cropping2D({cropping: [1, 2]}), layers.averagePooling2d({poolSize: 2}));
    return modelOf(x, through(cropped, layers.gaussianNoise({stddev: 1}), flatten(), out()));
  },

  elementwiseMerges() {
    const x = input(4, 4, 2);
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(name => through(x, conv(name, 3)));
    const largest = through([a!, b!], layers.maximum());
    const smallest = through([c!, d!], layers.minimum());
    const merged = through([largest, through([smallest, e!], layers.average())], layers.concatenate());
    return modelOf(x, through(merged, conv('after', 4), averaged(), out()));
  },

  concatenatedOverRows() {
    const x = input(4, 4, 2);
    const rows = through([through(x, conv('a', 3)), through(x, conv('b', 3))], layers.concatenate({axis: 1}));
    return modelOf(x, through(rows, conv('after', 4), averaged(), out()));
  },

  dotProduct() {
    const [x, y] = [input(3), input(3)];
    const [a, b] = [through(x, dense('before', 5), dense('a', 4)), through(y, dense('b', 4))];
    return modelOf([x, y], through([a, b], layers.dot({axes: -1}), out()));
  },

  attention() {
    const x = input(5, 3);
    const [q, k, v] = [dense('q', 4), dense('k', 4), dense('v', 6)].map(layer => through(x, layer));
    const scores = through([q!, k!], layers.dot({axes: 2}), layers.softmax({axis: -1}));
    const mixed = through([scores, v!], layers.dot({axes: [2, 1]}), dense('after', 4));
    return modelOf(x, through(mixed, flatten(), out()));
  },

  /** Keys turned round, values turned round and back, scores scaled and masked. */
  attentionPermuted() {
    const [x, mask] = [input(5, 3), input(5, 5)];
    const [q, k, v] = [dense('q', 4), dense('k', 4), dense('v', 6)].map(layer => through(x, layer));
    const turned = through(k!, layers.permute({dims: [2, 1]}));
    const scores = through([q!, turned], layers.dot({axes: [-1, -2]}), layers.rescaling({scale: 0.5}));
    const weights = through([scores, mask], layers.add(), layers.activation({activation: 'softmax'}));
    const values = through(v!, layers.permute({dims: [2, 1]}));
    const mixed = through([values, weights], layers.dot({axes: [-1, -1]}), layers.permute({dims: [2, 1]}));
    return modelOf([x, mask], through(mixed, dense('after', 4), flatten(), out()));
  },

  /** Added to what it goes on from, as in a transformer, with keys of another sequence. */
  crossAttention() {
    const [x, y] = [input(5, 3), input(4, 2)];
    const stem = through(x, dense('stem', 6));
    const [q, k, v] = [through(stem, dense('q', 4)), through(y, dense('k', 4)), through(y, dense('v', 5))];
    const scores = through([q, k], layers.dot({axes: -1, normalize: true}), layers.softmax({axis: 2}));
    const mixed = through([scores, v], layers.dot({axes: [2, 1]}), dense('project', 6));
    return modelOf([x, y], through([stem, mixed], layers.add(), flatten(), out()));
  },

  /** Sums over the steps first: the queries' channels meet those of an axis that is followed no further. */
  linearAttention() {
    const x = input(5, 3);
    const [q, k, v] = [dense('q', 4), dense('k', 4), dense('v', 6)].map(layer => through(x, layer));
    const summed = through([k!, v!], layers.dot({axes: 1}));
    return modelOf(x, through([q!, summed], layers.dot({axes: [2, 1]}), dense('after', 4), flatten(), out()));
  },

  /** One vector asks a sequence. */
  pooledAttention() {
    const [x, y] = [input(5, 3), input(2)];
    const [keys, values, query] = [through(x, dense('k', 4)), through(x, dense('v', 6)), through(y, dense('q', 4))];
    const weights = through([query, keys], layers.dot({axes: [1, 2]}), layers.softmax({}));
    return modelOf([x, y], through([weights, values], layers.dot({axes: [1, 1]}), dense('after', 3), out()));
  },
} satisfies Record<string, () => tf.LayersModel>;

/** Small models with all that channels go through in tf.js, made anew by each call, of the same random weights. */
export const ARCHITECTURES = mapValues(BUILDERS, build => () => withRandomWeights<tf.LayersModel>(build()));
