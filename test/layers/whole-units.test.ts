import * as tf from '@tensorflow/tfjs';
import {filters, GradualPruning, prunable, weights, type Structure} from 'tfjs-pruning';
import {unitVectors} from '../../src/layers/whole-units.js';
import {oneShot} from 'tfjs-pruning/schedules';

/** Without the sign of zeros. */
const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync(), value => value + 0);

/** A net of 4 filters, of which the first two are the smallest. */
function net(more: (out: tf.SymbolicTensor) => tf.SymbolicTensor): tf.LayersModel {
  const input = tf.input({shape: [3, 3, 1]});
  const filterSizes = tf.tensor4d([0.1, 0.2, 3, 4], [1, 1, 1, 4]);
  const conv = tf.layers.conv2d({name: 'conv', filters: 4, kernelSize: 1, biasInitializer: 'ones'});
  const out = conv.apply(input) as tf.SymbolicTensor;
  conv.setWeights([filterSizes, tf.ones([4])]);
  return prunable(tf.model({inputs: input, outputs: more(out)}));
}

const batchNorm = (name: string, axis = -1) => tf.layers.batchNormalization({name, axis, betaInitializer: 'ones'});
const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
  layer.apply(x) as tf.SymbolicTensor;

async function prune(model: tf.LayersModel, structure: Structure, batches = 3): Promise<void> {
  model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'meanSquaredError'});
  const x = tf.randomNormal([batches * 2, 3, 3, 1], 0, 1, 'float32', 1);
  const y = tf.ones([batches * 2, ...(model.outputShape as number[]).slice(1)]);
  const pruning = new GradualPruning({
    structure,
    schedule: oneShot({targetSparsity: 0.5, beginStep: 1}),
    layers: 'conv',
  });
  await model.fit(x, y, {batchSize: 2, verbose: 0, shuffle: false, callbacks: pruning});
  tf.dispose([x, y]);
}

const vector = (model: tf.LayersModel, layer: string, end: string) =>
  values(
    model
      .getLayer(layer)
      .weights.find(({originalName}) => originalName.endsWith(end))!
      .read(),
  );

test('filters take their bias along, and the batch normalization that stands alone behind them', async () => {
  const model = net(out => apply(batchNorm('bn'), out));
  await prune(model, filters());
  for (const [layer, end] of [
    ['conv', 'bias'],
    ['bn', 'gamma'],
    ['bn', 'beta'],
  ] as const) {
    const [first, second, third, fourth] = vector(model, layer, end);
    expect([first, second]).toEqual([0, 0]);
    expect(third! * fourth!).not.toBe(0);
  }
  const out = tf.tidy(() =>
    values(tf.sum(tf.abs(model.predict(tf.randomNormal([2, 3, 3, 1])) as tf.Tensor), [0, 1, 2])),
  );
  expect(out.slice(0, 2)).toEqual([0, 0]);
  expect(out[2]! * out[3]!).toBeGreaterThan(0);
});

test('a batch normalization stays as it is when something else reads the layer, too', async () => {
  const model = net(out => apply(tf.layers.add(), [apply(batchNorm('bn'), out), out]));
  await prune(model, filters());
  expect(vector(model, 'conv', 'bias').slice(0, 2)).toEqual([0, 0]);
  expect(vector(model, 'bn', 'gamma')).not.toContain(0);
});

test('a batch normalization that other layers feed, too, stays as it is', async () => {
  const shared = batchNorm('bn');
  const model = net(out => {
    const other = apply(
      tf.layers.conv2d({name: 'other', filters: 4, kernelSize: 1}),
      out.sourceLayer.inboundNodes[0]!.inputTensors[0]!,
    );
    return apply(tf.layers.add(), [apply(shared, out), apply(shared, other)]);
  });
  for (const {all, scale} of unitVectors(model).values()) {
    expect(scale).toBeUndefined();
    expect(all).toHaveLength(1); // the bias
  }
  await prune(model, filters());
  expect(vector(model, 'conv', 'bias').slice(0, 2)).toEqual([0, 0]);
  expect(vector(model, 'bn', 'gamma')).not.toContain(0);
  expect(vector(model, 'bn', 'beta')).not.toContain(0);
});

test('a batch normalization of another axis is none of the units', () => {
  const vectors = (axis: number) => [...unitVectors(net(out => apply(batchNorm('bn', axis), out))).values()];
  expect(vectors(-1)[0]!.all).toHaveLength(3);
  expect(vectors(1)[0]!.all).toHaveLength(1);
});

test('single weights leave the bias alone', async () => {
  const model = net(out => apply(batchNorm('bn'), out));
  await prune(model, weights());
  expect(vector(model, 'conv', 'bias')).not.toContain(0);
  expect(vector(model, 'bn', 'beta')).not.toContain(0);
});
