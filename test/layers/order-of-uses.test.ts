import * as tf from '@tensorflow/tfjs';
import {renumberUses} from '../../src/layers/order-of-uses.js';
import {configOf} from '../../src/layers/layer-config.js';

test('a configuration that tf.js would wait for without end is an error', () => {
  const input = tf.input({shape: [2]});
  const hidden = tf.layers.dense({units: 3, name: 'hidden'}).apply(input);
  const model = tf.model({
    inputs: input,
    outputs: tf.layers.dense({units: 1, name: 'head'}).apply(hidden) as tf.SymbolicTensor,
  });
  const config = configOf(model);
  config['layers'] = (config['layers'] as {name: string}[]).filter(({name}) => name !== 'hidden');
  expect(() => renumberUses(model, config)).toThrow(/nothing makes an input of its layer "head"/);
});
