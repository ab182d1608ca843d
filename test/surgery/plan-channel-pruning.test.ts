import * as tf from '@tensorflow/tfjs';
import {planChannelPruning} from '../../src/surgery/plan-channel-pruning.js';
import {shrink} from '../../src/surgery/shrink.js';
import {sparsityReport} from 'tfjs-pruning';

test('x', async () => {
  const model = tf.sequential({layers: [
    tf.layers.conv2d({filters: 8, kernelSize: 3, inputShape: [8, 8, 3], name: 'c1', kernelInitializer: tf.initializers.glorotNormal({seed: 1})}),
    tf.layers.batchNormalization(),
    tf.layers.conv2d({filters: 6, kernelSize: 3, name: 'c2', kernelInitializer: tf.initializers.glorotNormal({seed: 2})}),
    tf.layers.flatten(),
    tf.layers.dense({units: 5, name: 'd1', kernelInitializer: tf.initializers.glorotNormal({seed: 3})}),
    tf.layers.dense({units: 3, name: 'd2', kernelInitializer: tf.initializers.glorotNormal({seed: 4})}),
  ]});
  const n = tf.memory().numTensors;
  const plan = await planChannelPruning(model, {multiplyAdds: 0.5, roundTo: 2});
  expect(tf.memory().numTensors).toBe(n);
  console.log(JSON.stringify(plan, null, 1));
  const small = shrink(model, plan);
  console.log(sparsityReport(small).total);
});
