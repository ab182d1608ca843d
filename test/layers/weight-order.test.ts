import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {maskEvery} from '../support/masks.js';
import {distance, predict, saveAndLoad} from '../support/tensors.js';

const dense = (name: string, more = {}) => tf.layers.dense({name, units: 4, ...more});

/** A net in which all kernels are of one shape, as masks are. */
function net(): tf.LayersModel {
  const input = tf.input({shape: [3, 4]});
  const nested = tf.sequential({
    name: 'nested',
    layers: [dense('n1', {inputShape: [3, 4]}), tf.layers.batchNormalization({name: 'bn'}), dense('n2')],
  });
  const layers = [
    dense('a'),
    nested,
    tf.layers.timeDistributed({name: 'td', layer: dense('inside')}),
    tf.layers.bidirectional({
      name: 'both',
      layer: tf.layers.simpleRNN({name: 'rnn', units: 4}),
      mergeMode: 'sum',
    }),
    dense('b'),
  ];
  const output = layers.reduce<tf.SymbolicTensor>((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  return prunable(tf.model({inputs: input, outputs: output}));
}

const names = (model: tf.layers.Layer) => model.weights.map(({originalName}) => originalName);

const FREEZES: Record<string, (model: tf.LayersModel) => void> = {
  'the first layer': model => (model.getLayer('a').trainable = false),
  'the last layer': model => (model.getLayer('b').trainable = false),
  'a nested model': model => (model.getLayer('nested').trainable = false),
  'a layer of a nested model': model => ((model.getLayer('nested') as tf.Sequential).getLayer('n2').trainable = false),
  'a layer in TimeDistributed': model => (model.getLayer('td').trainable = false),
  'a bidirectional layer': model => (model.getLayer('both').trainable = false),
  'a single weight': model => (model.weights[0]!.trainable = false),
  'the whole model': model => (model.trainable = false),
};

test.each(Object.entries(FREEZES))('weights go to the model with %s frozen, and back', async (_, freeze) => {
  const [from, frozen] = [net(), net()];
  const x = tf.randomNormal([2, 3, 4], 0, 1, 'float32', 7);
  maskEvery(3, from.layers);
  freeze(frozen);
  expect(names(frozen)).toEqual(names(from));
  frozen.setWeights(from.getWeights());
  expect(distance(predict(frozen, x), predict(from, x))).toBe(0);
  const other = await saveAndLoad(net());
  other.setWeights(frozen.getWeights());
  expect(distance(predict(other, x), predict(from, x))).toBe(0);
});

test('the order is that of tf.js while nothing is frozen; what is trained is another matter', () => {
  const model = net();
  const {trainableWeights, nonTrainableWeights} = model;
  expect(model.weights).toEqual([...trainableWeights, ...nonTrainableWeights]);
  model.getLayer('a').trainable = false;
  expect(model.trainableWeights).toEqual(trainableWeights.slice(2));
  expect(model.getWeights(true)).toHaveLength(trainableWeights.length - 2);
});

test('a layer with a frozen weight keeps its order, too', () => {
  const layer = net().getLayer('a');
  const before = names(layer);
  layer.weights[0]!.trainable = false;
  expect(names(layer)).toEqual(before);
});

test('weights that a layer of a user tells by its getters alone are there, in one order', () => {
  class Pair extends tf.layers.Layer {
    static className = 'PairOfLayers';
    readonly #pair = [dense('first'), dense('second')];
    override build(shape: tf.Shape) {
      for (const layer of this.#pair) layer.build(shape);
    }
    override call = (inputs: tf.Tensor | tf.Tensor[]) =>
      this.#pair.reduce((y, layer) => layer.call(y, {}) as tf.Tensor, [inputs].flat()[0]!);
    override computeOutputShape = (shape: tf.Shape | tf.Shape[]) => shape;
    override get trainableWeights() {
      return this.#pair.flatMap(layer => layer.trainableWeights);
    }
    override get nonTrainableWeights() {
      return this.#pair.flatMap(layer => layer.nonTrainableWeights);
    }
    freeze() {
      this.#pair[0]!.trainable = false;
    }
  }
  tf.serialization.registerClass(Pair);
  const pair = new Pair({});
  const wrapped = prunable(dense('a', {inputShape: [4]}));
  const model = tf.sequential({layers: [wrapped, pair]});
  const before = [...model.weights]; // whose names are the same for both of the pair
  expect(before).toHaveLength(3 + 4);
  pair.freeze();
  expect(model.weights.map(({id}) => id)).toEqual(before.map(({id}) => id));
});

test('models without wrappers are left to tf.js', () => {
  const model = tf.sequential({layers: [dense('a', {inputShape: [4]}), dense('b')]});
  model.getLayer('a').trainable = false;
  expect(names(model)[0]).toBe('b/kernel');
});
