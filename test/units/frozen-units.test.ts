import * as tf from '@tensorflow/tfjs';
import {frozenUnits} from '../../src/units/frozen-units.js';
import {traceChannels} from '../../src/units/trace/trace-channels.js';

/** Why the channels that `a` makes are kept where some layers are frozen. */
function reasonsWith(...frozen: string[]): (string | undefined)[] {
  const layers = [
    tf.layers.conv2d({name: 'a', filters: 2, kernelSize: 1, inputShape: [4, 4, 3]}),
    tf.layers.batchNormalization({name: 'bn'}),
    tf.layers.depthwiseConv2d({name: 'dw', kernelSize: 3}),
    tf.layers.reLU({name: 'relu'}),
    tf.layers.conv2d({name: 'b', filters: 2, kernelSize: 1}),
  ];
  const model = tf.sequential({layers});
  for (const name of frozen) model.getLayer(name).trainable = false;
  const trace = traceChannels(model);
  const why = frozenUnits(model, trace);
  return [...trace.sources.find(({path}) => path === 'a')!.units].map(why);
}

const both = (reason: string | undefined) => [reason, reason];

test.each([
  [[], undefined],
  [['a'], 'are made by frozen "a"'],
  [['b'], 'are taken in by frozen "b"'],
  [['dw'], 'pass through frozen "dw"'],
  [['a', 'b'], 'are made by frozen "a"'],
  [['bn'], undefined],
])('channels are kept by frozen layers with slices of them, not by a normalization: %j', (frozen, reason) => {
  expect(reasonsWith(...frozen)).toEqual(both(reason));
});
