import * as tf from '@tensorflow/tfjs';
import {compile} from 'tfjs-pruning/runtime';
import {withRandomWeights} from '../support/random-weights.js';
import {expectPredicted, thinOut} from './against-predict.js';

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

test.each([
  [{stateful: true}, /its option `stateful` is true/],
  [{returnState: true}, /its option `returnState` is true/],
  [{recurrentActivation: 'softmax'}, /its recurrentActivation is "softmax"/],
])('options that can not be run are named: %j', async (options, message) => {
  const layer = layers.gru({
    units: 3,
    batchInputShape: [1, 4, 2],
    recurrentInitializer: 'zeros',
    ...(options as object),
  });
  const input = tf.input({batchShape: [1, 4, 2]});
  const outputs = [layer.apply(input)].flat() as tf.SymbolicTensor[];
  await expect(compile(tf.model({inputs: input, outputs: outputs[0]!}))).rejects.toThrow(message);
});
