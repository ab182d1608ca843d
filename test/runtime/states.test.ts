import * as tf from '@tensorflow/tfjs';
import {compile} from 'tfjs-pruning/runtime';
import {withRandomWeights} from '../support/random-weights.js';
import {expectClose, expectPredicted, predicted, thinOut} from './against-predict.js';
import {ownNormalization} from './unknown-layers.js';

const {layers} = tf;
const KINDS = ['simpleRNN', 'gru', 'lstm'] as const;
type Kind = (typeof KINDS)[number];
type Tensor = tf.SymbolicTensor;

const layerOf = (kind: Kind, options: object = {}) =>
  layers[kind]({units: 5, recurrentInitializer: 'zeros', ...options});
const statesOf = (kind: Kind) => (kind === 'lstm' ? 2 : 1);

function modelOf(inputs: Tensor | Tensor[], outputs: Tensor | Tensor[]): tf.LayersModel {
  const model = withRandomWeights(tf.model({inputs, outputs}), 1);
  thinOut(model, 0.4);
  return model;
}

// tf.js warns of states that it saves all the same.
beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

describe.each(KINDS)('%s', kind => {
  test.each([{}, {returnSequences: true}, {goBackwards: true}, {goBackwards: true, returnSequences: true}])(
    'returns its states, and begins with those of another one: %j',
    async options => {
      const [x, y] = [tf.input({shape: [6, 3]}), tf.input({shape: [4, 2]})];
      const [output, ...states] = layerOf(kind, {...options, returnState: true}).apply(x) as Tensor[];
      const again = layerOf(kind, {...options, returnState: true}).apply(y, {initialState: states}) as Tensor[];
      const model = modelOf([x, y], [output!, ...states, ...again]);
      for (const batch of [1, 3]) await expectPredicted(model, {batch});
      model.dispose();
    },
  );

  test('begins with states that are inputs', async () => {
    const x = tf.input({shape: [6, 3]});
    const initialState = Array.from({length: statesOf(kind)}, () => tf.input({shape: [5]}));
    const model = modelOf([x, ...initialState], layerOf(kind).apply(x, {initialState}) as Tensor);
    for (const batch of [1, 3]) await expectPredicted(model, {batch});
    model.dispose();
  });

  test.each([1, 3])('goes on from run to run if it is stateful, until its state is reset, batch %d', async batch => {
    for (const options of [{}, {returnSequences: true, returnState: true, goBackwards: true}]) {
      const x = tf.input({batchShape: [batch, 4, 3]});
      const layer = layerOf(kind, {...options, stateful: true});
      const model = modelOf(x, layer.apply(x) as Tensor[]);
      model.resetStates();
      const fast = await compile(model, {batch, tf});
      for (let run = 0; run < 5; run++) {
        if (run === 3) {
          model.resetStates();
          fast.resetStates();
        }
        if (run === 2) fast.report({measure: true}); // which changes nothing
        const input = tf.randomNormal([batch, 4, 3], 0, 1, 'float32', run + 1);
        // Not `predict`, which runs a layer once for each of its outputs.
        const expected = tf.tidy(() => [layer.apply(input)].flat().map(y => (y as tf.Tensor).dataSync<'float32'>()));
        const got = run === 1 ? await arraysOf(fast.predict(input)) : [fast.run(input.dataSync<'float32'>())].flat();
        expectClose(got, expected, 1e-5);
      }
      model.dispose();
    }
  });

  test('in both directions, with states in and out', async () => {
    for (const options of [{}, {returnSequences: true}]) {
      for (const mergeMode of ['concat', 'ave'] as const) {
        const [x, y] = [tf.input({shape: [6, 3]}), tf.input({shape: [4, 2]})];
        const both = () => layers.bidirectional({layer: layerOf(kind, {...options, returnState: true}), mergeMode});
        const [output, ...states] = both().apply(x) as Tensor[];
        const plain = layers.bidirectional({layer: layerOf(kind, options), mergeMode});
        const again = plain.apply(y, {initialState: states}) as Tensor;
        const model = modelOf([x, y], [output!, ...states, again]);
        for (const batch of [1, 2]) await expectPredicted(model, {batch});
        model.dispose();
      }
    }
  });

  test('leaves out the steps that are masked', async () => {
    const words = tf.tensor2d([[3, 0, 2, 0, 0], [0, 1, 4, 2, 3], [0, 0, 0, 0, 0]]); // prettier-ignore
    for (const options of [{returnSequences: true}, {goBackwards: true}]) {
      const x = tf.input({shape: [5]});
      const embedded = layers.embedding({inputDim: 6, outputDim: 4, maskZero: true}).apply(x);
      const first = layerOf(kind, {returnSequences: true, returnState: true}).apply(embedded) as Tensor[];
      const dense = layers.dense({units: 3, activation: 'tanh'}).apply(first[0]!) as Tensor;
      const joined = layers.concatenate().apply([dense, first[0]!]) as Tensor;
      const last = layers.bidirectional({layer: layerOf(kind, options), mergeMode: 'concat'}).apply(joined) as Tensor;
      const model = modelOf(x, [...first, last]);
      for (const batch of [1, 3]) await expectPredicted(model, {batch, inputs: [words.slice([0, 0], [batch, 5])]});
      model.dispose();
    }
  });
});

test('Masking masks the steps whose numbers are all the mask value', async () => {
  for (const maskValue of [0, -1.5]) {
    const x = tf.input({shape: [5, 3]});
    const masked = layers.masking({maskValue}).apply(x) as Tensor;
    const model = modelOf(x, [masked, layerOf('gru', {returnSequences: true}).apply(masked) as Tensor]);
    const all = [maskValue, maskValue, maskValue];
    const some = [maskValue, 1e-30, maskValue]; // not smaller: TensorFlow takes such numbers for zero
    const steps = [[1, 2, 3], all, some, [-3, maskValue, 1e38], all];
    const inputs = tf.tensor3d([steps, [...steps].reverse()]);
    for (const batch of [1, 2]) await expectPredicted(model, {batch, inputs: [inputs.slice([0, 0, 0], [batch, 5, 3])]});
    model.dispose();
  }
});

test('a layer that tf.js runs gets the mask, and hands it on', async () => {
  const x = tf.input({shape: [5, 3]});
  const masked = layers.masking().apply(x) as Tensor;
  const cell = layers.simpleRNNCell({units: 4, recurrentInitializer: 'zeros'});
  const unknown = layers.rnn({cell, returnSequences: true}).apply(masked) as Tensor;
  const model = modelOf(x, [unknown, layerOf('lstm').apply(ownNormalization().apply(unknown)) as Tensor]);
  const steps = [[1, 2, 3], [0, 0, 0], [2, 0, 1], [0, 0, 0], [0, 0, 0]]; // prettier-ignore
  await expectPredicted(model, {batch: 1, inputs: [tf.tensor3d([steps])], others: true});
});

test('masks that tf.js loses are refused where they would be used', async () => {
  const x = tf.input({shape: [5, 3]});
  const masked = layers.masking().apply(x) as Tensor;
  const sum = layers.add().apply([masked, masked]) as Tensor;
  await expect(compile(modelOf(x, layers.lstm({name: 'last', units: 2}).apply(sum) as Tensor))).rejects.toThrow(
    'can\'t follow the masks of merged values to layer "last"',
  );
  await expectPredicted(modelOf(x, layers.globalAveragePooling1d().apply(sum) as Tensor));
});

test('stateful layers take whole batches alone', async () => {
  const layer = layerOf('gru', {stateful: true, batchInputShape: [2, 4, 3]});
  const fast = await compile(withRandomWeights(tf.sequential({layers: [layer]}), 1), {batch: 2, tf});
  await expect(fast.predict(tf.zeros([3, 4, 3]))).rejects.toThrow(
    'Expected whole batches of 2, as stateful layers keep a state for each, got 3 examples',
  );
});

test('states go on from sequences of one length to those of another, by predict', async () => {
  const layer = layerOf('lstm', {stateful: true, batchInputShape: [1, null, 3]});
  const model = withRandomWeights(tf.sequential({layers: [layer]}), 1);
  model.resetStates();
  const fast = await compile(model, {tf});
  const inputs = [4, 2, 7, 4, 3].map((steps, i) => tf.randomNormal([1, steps, 3], 0, 1, 'float32', i + 1));
  const expected = inputs.map(x => tf.tidy(() => (model.predict(x) as tf.Tensor).dataSync<'float32'>()));
  const outputs = await Promise.all(inputs.map(x => arraysOf(fast.predict(x))));
  outputs.forEach((output, i) => expectClose(output, [expected[i]!], 1e-5));
  fast.resetStates();
  model.resetStates();
  expectClose(await arraysOf(fast.predict(inputs[1]!)), predicted(model, [inputs[1]!]), 1e-5);
});

test('stateful layers that tf.js runs are reset, too, and not measured', async () => {
  const layer = layerOf('gru', {stateful: true, batchInputShape: [1, 4, 3], recurrentActivation: 'softmax'});
  const model = withRandomWeights(tf.sequential({layers: [layer]}), 1);
  model.resetStates();
  const fast = await compile(model, {tf});
  const x = tf.randomNormal([1, 4, 3], 0, 1, 'float32', 1).dataSync<'float32'>();
  const first = fast.run(x).slice();
  expect(fast.run(x)).not.toEqual(first);
  fast.resetStates();
  expect(() => fast.report({measure: true})).toThrow('can not measure stateful layers that tf.js runs');
  expect(fast.report().rows.map(({kernel}) => kernel)).toContain('tf.js');
  expect(fast.run(x)).toEqual(first);
});

async function arraysOf(outputs: Promise<tf.Tensor | tf.Tensor[]>): Promise<Float32Array[]> {
  return [await outputs].flat().map(output => output.dataSync<'float32'>());
}
