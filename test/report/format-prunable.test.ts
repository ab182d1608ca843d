import * as tf from '@tensorflow/tfjs';
import {formatPrunable, listPrunable, prunable} from 'tfjs-pruning';

test('what can be pruned is a table in the terminal', () => {
  const layers = [
    tf.layers.conv2d({name: 'conv', filters: 2, kernelSize: 3, inputShape: [4, 4, 1]}),
    tf.layers.flatten({name: 'flat'}),
    tf.layers.dense({name: 'head', units: 2, trainable: false}),
  ];
  expect(formatPrunable(listPrunable(prunable(tf.sequential({layers}), {layers: 'conv'}))).split('\n')).toEqual([
    'layer  class           status   reason',
    '-----  --------------  -------  ---------------------------------------------------------',
    'conv   PrunableConv2D  wrapped',
    'flat   Flatten         skipped  has no weights',
    'head   Dense           frozen   is frozen, without masks; name it in `layers` to prune it',
  ]);
});

test.each([undefined, {}, [{layer: 'conv'}], ['conv']])('refuses what is no such list: %p', wrong => {
  expect(() => formatPrunable(wrong as never)).toThrow('formatPrunable expects what listPrunable(model) returns, got');
});
