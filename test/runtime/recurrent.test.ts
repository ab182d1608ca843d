import * as tf from '@tensorflow/tfjs';
import {compile} from 'tfjs-pruning/runtime';
import {MemoryPlace} from '../support/memory-place.js';
import {withRandomWeights} from '../support/random-weights.js';
import {expectClose, expectPredicted, predicted, thinOut} from './against-predict.js';

const {layers} = tf;
const KINDS = ['simpleRNN', 'gru', 'lstm'] as const;

const VARIANTS: [string, object][] = [
  ['', {}],
  ['that returns sequences', {returnSequences: true}],
  ['that goes backwards', {goBackwards: true}],
  ['that goes backwards and returns sequences', {goBackwards: true, returnSequences: true}],
  ['without bias', {useBias: false}],
  ['of other activations', {activation: 'relu', recurrentActivation: 'sigmoid', returnSequences: true}],
  ['with dropout', {dropout: 0.3, recurrentDropout: 0.2}],
];

test.each(KINDS.flatMap(kind => VARIANTS.map(([name, options]) => [kind, name, options] as const)))(
  '%s %s computes what predict does, at any number of units, batch and sparsity',
  async (kind, _, options) => {
    for (const [units, sparsity, batch] of [
      [3, 0, 1],
      [8, 0.5, 2],
      [17, 0.9, 3],
    ] as const) {
      // prettier-ignore
      const layer = layers[kind]({units, inputShape: [6, 5], recurrentInitializer: 'zeros', ...options});
      const model = withRandomWeights(tf.sequential({layers: [layer, layers.dense({units: 2})]}), units);
      thinOut(model, sparsity);
      await expectPredicted(model, {batch});
      model.dispose();
    }
  },
);

test('recurrent layers behind embeddings and one another', async () => {
  const model = withRandomWeights(
    tf.sequential({
      layers: [
        layers.embedding({inputDim: 5, outputDim: 6, inputLength: 9}),
        layers.lstm({units: 7, returnSequences: true, recurrentInitializer: 'zeros'}),
        layers.gru({units: 5, recurrentInitializer: 'zeros'}),
      ],
    }),
    1,
  );
  for (const batch of [1, 3]) await expectPredicted(model, {batch});
  model.dispose();
});

test.each(['concat', 'sum', 'ave', 'mul'] as const)('Bidirectional, %s, of any kind', async mergeMode => {
  for (const kind of KINDS) {
    for (const returnSequences of [false, true]) {
      const layer = layers[kind]({units: 5, returnSequences, recurrentInitializer: 'zeros'});
      const input = tf.input({shape: [6, 3]});
      const both = layers.bidirectional({layer, mergeMode}).apply(input) as tf.SymbolicTensor;
      const model = withRandomWeights(tf.model({inputs: input, outputs: both}), 1);
      for (const batch of [1, 2]) await expectPredicted(model, {batch});
      model.dispose();
    }
  }
});

test('TimeDistributed, of layers that do the same at each step', async () => {
  const inside = [
    layers.dense({units: 4, activation: 'tanh'}),
    layers.activation({activation: 'softmax'}),
    layers.leakyReLU(),
  ];
  const stack = inside.map((layer, i) => layers.timeDistributed({layer, ...(i === 0 && {inputShape: [6, 3]})}));
  const model = withRandomWeights(tf.sequential({layers: stack}), 1);
  for (const batch of [1, 2]) await expectPredicted(model, {batch});
  const other = layers.timeDistributed({
    name: 'steps',
    layer: layers.conv1d({filters: 2, kernelSize: 2}),
    inputShape: [4, 5, 2],
  });
  await expect(compile(tf.sequential({layers: [other]}))).rejects.toThrow(
    '"steps" (TimeDistributed): it holds a Conv1D',
  );
});

test('recurrent layers of files, with the names that they have there', async () => {
  const model = withRandomWeights(
    tf.sequential({
      layers: [
        layers.bidirectional({
          layer: layers.lstm({units: 3, returnSequences: true, recurrentInitializer: 'zeros'}),
          inputShape: [6, 3],
          mergeMode: 'concat',
        }),
        layers.timeDistributed({layer: layers.dense({units: 4})}),
        layers.gru({units: 2, recurrentInitializer: 'zeros'}),
      ],
    }),
    1,
  );
  const place = new MemoryPlace();
  await model.save(place);
  const fast = await compile(place);
  const x = tf.randomNormal([1, 6, 3], 0, 1, 'float32', 1);
  expectClose([fast.run(x.dataSync<'float32'>())], predicted(model, [x]), 1e-5);
});

test.each([[{recurrentActivation: 'softmax'}, /its recurrentActivation is "softmax"/]])(
  'options that can not be run are named: %j',
  async (options, message) => {
    const layer = layers.gru({
      units: 3,
      batchInputShape: [1, 4, 2],
      recurrentInitializer: 'zeros',
      ...(options as object),
    });
    const input = tf.input({batchShape: [1, 4, 2]});
    const outputs = [layer.apply(input)].flat() as tf.SymbolicTensor[];
    await expect(compile(tf.model({inputs: input, outputs: outputs[0]!}))).rejects.toThrow(message);
  },
);
