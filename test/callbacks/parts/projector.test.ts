import * as tf from '@tensorflow/tfjs';
import {filters, prunable, type PrunableLayer} from 'tfjs-pruning';
import {Projector} from '../../../callbacks/parts/projector.js';
import {groupingOf} from '../../../src/masks/grouping.js';
import {chosenWeights} from '../../../src/masks/placed-weights.js';
import {expectNoLeak} from '../../support/tensors.js';

/** Two inputs, three units; the second unit is masked, and so is one weight of the third. */
function net() {
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.dense({name: 'd', units: 3, inputShape: [2], kernelInitializer: 'ones', biasInitializer: 'ones'}),
        tf.layers.batchNormalization(),
      ],
    }),
  );
  const [layer] = model.layers as PrunableLayer[];
  const weights = chosenWeights('test', model, undefined);
  tf.tidy(() => weights[0]!.weight.setMask(tf.tensor2d([1, 0, 0, 1, 0, 1], [2, 3])));
  const kernel = () => [...weights[0]!.weight.kernel.read().dataSync()];
  const bias = () => [...layer!.layer.weights[1]!.read().dataSync()];
  return {model, weights, weight: weights[0]!.weight, kernel, bias};
}

test('zeroes kernels where the masks are, and nothing else', () => {
  const {weights, kernel, bias} = net();
  new Projector(weights, undefined, false).project();
  expect(kernel()).toEqual([1, 0, 0, 1, 0, 1]);
  expect(bias()).toEqual([1, 1, 1]);
});

test('takes along what belongs to whole units, and leaks nothing', async () => {
  const {weights, kernel, bias} = net();
  const projector = new Projector(weights, groupingOf(filters(), weights, {}), false);
  projector.project();
  expect(kernel()).toEqual([1, 0, 0, 1, 0, 1]);
  expect(bias()).toEqual([1, 0, 1]);
  await expectNoLeak(() => {
    projector.project();
    return Promise.resolve();
  });
});

/** The gradient of the sum of what the layer computes with. */
function gradient({weight}: ReturnType<typeof net>): number[] {
  const variable = weight.kernel.read() as tf.Variable;
  const {value, grads} = tf.variableGrads(() => tf.sum(weight.read()), [variable]);
  const values = [...grads[variable.name]!.dataSync()];
  tf.dispose([value, grads]);
  return values;
}

const MASKED = [1, 0, 0, 1, 0, 1];
const WHOLE = [1, 1, 1, 1, 1, 1];

test('lets gradients straight through for a fit', () => {
  const one = net();
  expect(gradient(one)).toEqual(MASKED);
  const projector = new Projector(one.weights, undefined, true);
  expect(gradient(one)).toEqual(WHOLE);
  projector.release();
  expect(gradient(one)).toEqual(MASKED);
});

test('masks no gradients that it undoes, unless the optimizer looks at all of them at once', () => {
  const one = net();
  const projector = new Projector(one.weights, undefined, false);
  const sgd = tf.train.sgd(0.1);
  projector.announce(true, sgd);
  expect(gradient(one)).toEqual(WHOLE);
  projector.announce(false, sgd);
  expect(gradient(one)).toEqual(MASKED);
  class Clipping extends tf.SGDOptimizer {}
  projector.announce(true, new Clipping(0.1));
  expect(gradient(one)).toEqual(MASKED);
  projector.announce(true, sgd);
  projector.release();
  expect(gradient(one)).toEqual(MASKED);
});
