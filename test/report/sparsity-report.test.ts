import * as tf from '@tensorflow/tfjs';
import {formatSparsityReport, modelSize, prunable, sparsityReport, stripPruning, type FormatSizes} from 'tfjs-pruning';
import {maskEvery} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

const dense = (units: number, more = {}) => tf.layers.dense({units, ...more});

function lenet300(): tf.Sequential {
  return tf.sequential({
    layers: [dense(300, {inputShape: [784], name: 'fc1'}), dense(100, {name: 'fc2'}), dense(10, {name: 'fc3'})],
  });
}

function lenet5(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({filters: 20, kernelSize: 5, inputShape: [28, 28, 1]}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.conv2d({filters: 50, kernelSize: 5}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten(),
      dense(500),
      dense(10),
    ],
  });
}

test('counts what the papers count: LeNet-300-100 and LeNet-5-Caffe', async () => {
  expect((await sparsityReport(lenet300())).total).toMatchObject({
    parameters: 266_610,
    weights: 266_200,
    multiplyAdds: 266_200,
  });
  const {layers, total} = await sparsityReport(lenet5());
  expect(layers.map(row => row.multiplyAdds)).toEqual([288_000, 1_600_000, 400_000, 5_000]);
  expect(total).toMatchObject({
    parameters: 431_080,
    weights: 430_500,
    multiplyAdds: 2_293_000,
    bytes: 1_724_320,
    zeros: 0,
    sparsity: 0,
  });
});

test('counts zeros through the masks of a wrapped model, and in the kernels of a stripped one', async () => {
  const wrapped = prunable(lenet300(), {layers: ['fc2', 'fc3']});
  maskEvery(4, wrapped.layers);
  const report = await sparsityReport(wrapped);
  expect(report.layers.map(row => [row.layer, row.className, row.weights, row.zeros, row.sparsity])).toEqual([
    ['fc1', 'Dense', 235_200, 0, 0],
    ['fc2', 'PrunableDense', 30_000, 7_500, 0.25],
    ['fc3', 'PrunableDense', 1_000, 250, 0.25],
  ]);
  expect(report.total).toEqual({
    parameters: 266_610,
    weights: 266_200,
    zeros: 7_750,
    sparsity: 7_750 / 266_200,
    multiplyAdds: 266_200,
    nonZeroMultiplyAdds: 258_450,
    bytes: 1_066_440,
  });
  expect((await sparsityReport(stripPruning(wrapped))).total).toEqual(report.total);
});

test.each<[string, tf.layers.Layer, number]>([
  ['Dense on a sequence', dense(3, {inputShape: [5, 4]}), 5 * 4 * 3],
  ['Conv1D', tf.layers.conv1d({filters: 3, kernelSize: 2, inputShape: [6, 4]}), 5 * 2 * 4 * 3],
  [
    'Conv2D, channels first',
    tf.layers.conv2d({filters: 3, kernelSize: 2, inputShape: [4, 6, 7], dataFormat: 'channelsFirst'}),
    5 * 6 * 2 * 2 * 4 * 3,
  ],
  [
    'Conv2DTranspose',
    tf.layers.conv2dTranspose({filters: 3, kernelSize: 2, strides: 2, inputShape: [4, 5, 6]}),
    4 * 5 * 2 * 2 * 6 * 3,
  ],
  [
    'DepthwiseConv2D',
    tf.layers.depthwiseConv2d({kernelSize: 3, depthMultiplier: 2, inputShape: [5, 5, 4]}),
    9 * 9 * 4 * 2,
  ],
  [
    'SeparableConv2D',
    tf.layers.separableConv2d({filters: 7, kernelSize: 3, inputShape: [5, 5, 4]}),
    9 * 9 * 4 + 9 * 4 * 7,
  ],
  ['Conv3D', tf.layers.conv3d({filters: 2, kernelSize: 2, inputShape: [3, 4, 5, 2]}), 2 * 3 * 4 * 8 * 2 * 2],
  ['Embedding', tf.layers.embedding({inputDim: 9, outputDim: 4, inputShape: [3]}), 0],
  ['LSTM', tf.layers.lstm({units: 3, inputShape: [5, 2]}), 5 * (2 * 12 + 3 * 12)],
  ['GRU', tf.layers.gru({units: 3, inputShape: [5, 2]}), 5 * (2 * 9 + 3 * 9)],
  [
    'Bidirectional',
    tf.layers.bidirectional({layer: tf.layers.simpleRNN({units: 3}), mergeMode: 'sum', inputShape: [5, 2]}),
    2 * 5 * (6 + 9),
  ],
  [
    'TimeDistributed convolution',
    tf.layers.timeDistributed({layer: tf.layers.conv2d({filters: 3, kernelSize: 2}), inputShape: [7, 4, 4, 2]}),
    7 * 9 * 8 * 3,
  ],
  ['a sequence of unknown length', tf.layers.lstm({units: 3, inputShape: [null, 2]}), NaN],
])('multiply-adds of %s', async (_, layer, expected) => {
  expect((await sparsityReport(tf.sequential({layers: [layer]}))).total.multiplyAdds).toBe(expected);
});

test('counts a layer once for each of its uses, and a nested model too', async () => {
  const block = tf.sequential({name: 'block', layers: [dense(4, {inputShape: [4], name: 'inner', useBias: false})]});
  const shared = dense(4, {name: 'shared', useBias: false});
  const input = tf.input({shape: [4]});
  const twice = block.apply(block.apply(shared.apply(shared.apply(shared.apply(input))))) as tf.SymbolicTensor;
  const {layers, total} = await sparsityReport(tf.model({inputs: input, outputs: twice}));
  expect(layers.map(row => [row.layer, row.parameters, row.multiplyAdds])).toEqual([
    ['shared', 16, 48],
    ['block/inner', 16, 32],
  ]);
  expect(total).toMatchObject({parameters: 32, multiplyAdds: 80});
});

test('is a table in the terminal', async () => {
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.conv2d({name: 'conv', filters: 20, kernelSize: 5, inputShape: [28, 28, 1]}),
        tf.layers.batchNormalization({name: 'norm'}),
        tf.layers.flatten(),
      ],
    }),
  );
  maskEvery(2, model.layers);
  expect(formatSparsityReport(await sparsityReport(model)).split('\n')).toEqual([
    'layer  class               parameters  weights  zeros  sparsity  mult-adds  non-zero  bytes',
    '-----  ------------------  ----------  -------  -----  --------  ---------  --------  -----',
    'conv   PrunableConv2D             520      500    250     50.0%    288,000   144,000  2,080',
    'norm   BatchNormalization          80        0      0         -          0         0    320',
    '-----  ------------------  ----------  -------  -----  --------  ---------  --------  -----',
    'total                             600      500    250     50.0%    288,000   144,000  2,400',
  ]);
});

test('changes and leaks nothing; refuses what is no model', async () => {
  const model = prunable(lenet300());
  await expectNoLeak(async () => void (await sparsityReport(model)));
  await expect(sparsityReport({} as never)).rejects.toThrow(/sparsityReport expects a tf.Sequential or tf.LayersModel/);
  model.dispose();
  await expect(sparsityReport(model)).rejects.toThrow(/was disposed/);
});

test('with bits the report says what is sent, as modelSize does', async () => {
  const model = prunable(tf.sequential({layers: [dense(30, {inputShape: [20]}), dense(2)]}));
  maskEvery(2, model.layers);
  const report = await sparsityReport(model, {bits: 4});
  const sizes = await modelSize(model, {bits: [4]});
  const sent = ({float32, compressed}: FormatSizes) => ({
    gzipped: float32.gzipped,
    compressed: compressed[0]!.bytes,
  });
  expect(report.layers).toEqual(
    (await sparsityReport(model)).layers.map((row, i) => ({...row, ...sent(sizes.layers[i]!)})),
  );
  expect(report.total).toMatchObject(sent(sizes));
  const [header, , first] = formatSparsityReport(report).split('\n');
  expect(header).toMatch(/bytes +gzipped +compressed$/);
  expect(first).toMatch(/ 2,520 +1,\d{3} +\d{3}$/);
  await expect(sparsityReport(model, {bits: 1})).rejects.toThrow('`bits` to be a whole number from 2 to 16, got 1');
});

test('layers in nested models and in other layers have their sizes, too', async () => {
  const inner = tf.sequential({name: 'inner', layers: [dense(3, {name: 'a', inputShape: [4, 3]})]});
  const recurrent = tf.layers.simpleRNN({units: 2, returnSequences: true});
  const model = prunable(
    tf.sequential({
      layers: [
        inner,
        tf.layers.bidirectional({name: 'both', layer: recurrent, mergeMode: 'concat'}),
        tf.layers.timeDistributed({name: 'each', layer: dense(2)}),
      ],
    }),
  );
  const {layers} = await sparsityReport(model, {bits: 8});
  expect(layers.map(row => [row.layer, row.compressed! > 0 && row.gzipped! > 0])).toEqual([
    ['inner/a', true],
    ['both', true],
    ['each', true],
  ]);
});
