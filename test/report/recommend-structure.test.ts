import * as tf from '@tensorflow/tfjs';
import {
  inputBlocks,
  outputBlocks,
  prunable,
  pruneOnce,
  recommendStructure,
  stripPruning,
  weights,
  type WeightLayout,
} from 'tfjs-pruning';
import {prunableLayers} from '../../src/layers/model-layers.js';
import {compile} from '../../src/runtime/index.js';

/** What each weight is cut into, by its name: the number of groups along the outputs. */
function groupsOf(model: tf.LayersModel, args?: Parameters<typeof recommendStructure>[1]): Record<string, string> {
  const structure = recommendStructure(model, args);
  const named = {
    weights: weights(),
    'inputs by 4': inputBlocks(4),
    'outputs by 2': outputBlocks(2),
    'outputs by 8': outputBlocks(8),
  };
  const wrapped = prunableLayers(prunable(model));
  return Object.fromEntries(
    wrapped.flatMap(({layer, within}) =>
      layer.maskedWeights.map(weight => {
        const layout: WeightLayout = {...weight.layout, name: within + weight.name};
        const scores = Float32Array.from({length: tf.util.sizeFromShape([...layout.shape])}, (_, i) => (i * 7) % 11);
        const pooled = structure.pool(scores, layout);
        const same = Object.entries(named).filter(([, other]) => {
          return JSON.stringify([...other.pool(scores, layout)]) === JSON.stringify([...pooled]);
        });
        return [layout.name, same.map(([name]) => name).join()];
      }),
    ),
  );
}

const image = {filters: 16, kernelSize: 3, inputShape: [8, 8, 4]};

function convolutions(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({...image, name: 'conv'}),
      tf.layers.depthwiseConv2d({kernelSize: 3, depthMultiplier: 2, name: 'depthwise'}),
      tf.layers.separableConv2d({filters: 16, kernelSize: 3, depthMultiplier: 2, name: 'separable'}),
      tf.layers.flatten(),
      tf.layers.dense({units: 40, name: 'dense'}),
    ],
  });
}

test('blocks of 2 outputs for convolutions, of 8 for what multiplies one vector, none where they give nothing', () => {
  expect(groupsOf(convolutions())).toEqual({
    'conv/kernel': 'outputs by 2',
    'depthwise/depthwise_kernel': 'weights',
    'separable/depthwise_kernel': 'weights',
    'separable/pointwise_kernel': 'outputs by 2',
    'dense/kernel': 'outputs by 8',
  });
});

test('blocks of 8 need 32 outputs, since the classes of a block see the same inputs', () => {
  const layers = [
    tf.layers.dense({units: 32, inputShape: [6], name: 'hidden'}),
    tf.layers.dense({units: 31, name: 'classes'}),
  ];
  const model = tf.sequential({layers});
  expect(groupsOf(model)).toEqual({'hidden/kernel': 'outputs by 8', 'classes/kernel': 'weights'});
  expect(groupsOf(model, {batch: 2})).toEqual({'hidden/kernel': 'outputs by 2', 'classes/kernel': 'outputs by 2'});
});

test('a batch turns vectors into positions', () => {
  expect(groupsOf(convolutions(), {batch: 8})['dense/kernel']).toBe('outputs by 2');
});

test('in int8, blocks of 4 inputs, but for recurrent layers', () => {
  expect(groupsOf(convolutions(), {precision: 'int8'})).toEqual({
    'conv/kernel': 'inputs by 4',
    'depthwise/depthwise_kernel': 'weights',
    'separable/depthwise_kernel': 'weights',
    'separable/pointwise_kernel': 'inputs by 4',
    'dense/kernel': 'inputs by 4',
  });
  const layers = [
    tf.layers.gru({units: 12, inputShape: [5, 8], name: 'gru'}),
    tf.layers.dense({units: 8, name: 'out'}),
  ];
  expect(groupsOf(tf.sequential({layers}), {precision: 'int8'})).toEqual({
    'gru/kernel': 'outputs by 2',
    'gru/recurrent_kernel': 'outputs by 8',
    'out/kernel': 'inputs by 4',
  });
});

test('recurrent kernels multiply one vector at each step, the kernels of inputs all steps at once', () => {
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({inputDim: 9, outputDim: 16, inputLength: 5, name: 'words'}),
      tf.layers.lstm({units: 16, returnSequences: true, name: 'lstm'}),
      tf.layers.timeDistributed({layer: tf.layers.dense({units: 16, name: 'each'}), name: 'steps'}),
      tf.layers.dense({units: 16, name: 'over'}),
    ],
  });
  expect(groupsOf(model)).toEqual({
    'words/embeddings': 'weights',
    'lstm/kernel': 'outputs by 2',
    'lstm/recurrent_kernel': 'outputs by 8',
    'steps/kernel': 'outputs by 2',
    'over/kernel': 'outputs by 2',
  });
});

test('layers of nested models, and sizes that are open', () => {
  const conv = tf.layers.conv2d({...image, inputShape: [null, null, 4], name: 'conv'});
  const base = tf.sequential({name: 'base', layers: [conv]});
  const head = tf.layers.dense({units: 32, name: 'head'});
  const model = tf.sequential({layers: [base, tf.layers.globalAveragePooling2d({}), head]});
  expect(groupsOf(model)).toEqual({'base/conv/kernel': 'outputs by 2', 'head/kernel': 'outputs by 8'});
});

test('the runtime chooses the kernels for blocks', async () => {
  const layers = [
    tf.layers.conv2d({...image, name: 'conv', activation: 'relu'}),
    tf.layers.flatten(),
    tf.layers.dense({units: 64, name: 'dense', activation: 'relu'}),
  ];
  const model = prunable(tf.sequential({layers}));
  await pruneOnce(model, {sparsity: 0.9, structure: recommendStructure(model)});
  const fast = await compile(stripPruning(model));
  const kernels = fast.report().rows.map(({kernel}) => kernel);
  expect(kernels).toEqual(expect.arrayContaining(['sparse x2', 'blocks of 8']));
  fast.dispose();
});

test('a weight of another model is refused by name', async () => {
  const structure = recommendStructure(convolutions());
  const other = prunable(tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [2], name: 'other'})]}));
  await expect(pruneOnce(other, {sparsity: 0.5, structure})).rejects.toThrow('which has no weight "other/kernel"');
});

test('wrong arguments are refused', () => {
  expect(() => recommendStructure({} as tf.LayersModel)).toThrow('recommendStructure expects a tf.Sequential');
  expect(() => recommendStructure(convolutions(), {batch: 0})).toThrow('`batch`');
});
