import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {setMask, wrapper} from '../support/masks.js';
import {distance} from '../support/tensors.js';

const denseModel = () =>
  prunable(tf.sequential({layers: [tf.layers.dense({name: 'd', units: 2, useBias: false, inputShape: [3]})]}));

test('a weight is the variable itself, without an op, while nothing changes it', () => {
  const [weight] = wrapper(denseModel(), 'd').maskedWeights;
  const isVariable = () => tf.tidy(() => weight!.read() === weight!.kernel.read());
  expect(isVariable()).toBe(true);
  setMask(weight!, i => i % 2);
  expect(isVariable()).toBe(false);
  weight!.project();
  expect(isVariable()).toBe(false); // gradients are still to stop at the mask
  const stop = weight!.letGradientsThrough({unseen: true});
  expect(isVariable()).toBe(true);
  const stopTap = weight!.tap(() => undefined);
  expect(isVariable()).toBe(false);
  stopTap();
  const takeAway = weight!.parametrize({apply: w => tf.mul(w, 2)});
  expect(isVariable()).toBe(false);
  takeAway();
  expect(isVariable()).toBe(true);
  stop();
  expect(isVariable()).toBe(false);
});

test('a mask of ones, copied from elsewhere, costs nothing once it has been looked at', async () => {
  const model = denseModel();
  const weight = wrapper(model, 'd').maskedWeights[0]!;
  tf.tidy(() => model.setWeights(model.getWeights().map(each => tf.add(each, 0))));
  const isKernel = () => weight.read() === weight.kernel.read();
  expect(tf.tidy(isKernel)).toBe(false); // it may hold zeros
  await weight.maskValues();
  expect(tf.tidy(isKernel)).toBe(true);
  weight.project();
  expect(tf.tidy(isKernel)).toBe(true);
});

test('parametrizations are applied in order behind the mask, each until it is taken away', () => {
  const model = denseModel();
  const [weight] = wrapper(model, 'd').maskedWeights;
  tf.tidy(() => void weight!.kernel.write(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2])));
  setMask(weight!, i => (i < 2 ? 0 : 1));
  const values = (training = false) => tf.tidy(() => [...weight!.read({training}).dataSync()]);
  const addOne = {apply: (w: tf.Tensor) => tf.add(w, 1)};
  const takeOne = weight!.parametrize(addOne);
  const takeOther = weight!.parametrize(addOne);
  const takeLast = weight!.parametrize({apply: (w, {training}) => (training ? tf.mul(w, 10) : w)});
  expect(values()).toEqual([2, 2, 5, 6, 7, 8]);
  expect(values(true)).toEqual([20, 20, 50, 60, 70, 80]);
  takeOne();
  expect(values(true)).toEqual([10, 10, 40, 50, 60, 70]);
  const x = tf.ones([1, 3]);
  expect([...(model.apply(x) as tf.Tensor).dataSync()]).toEqual([11, 13]);
  expect([...(model.apply(x, {training: true}) as tf.Tensor).dataSync()]).toEqual([110, 130]);
  takeLast();
  takeOther();
  expect(values(true)).toEqual([0, 0, 3, 4, 5, 6]);
});

test('a recurrent layer computes its weights once a call, with the gradient of all time steps', () => {
  const layer = tf.layers.lstm({name: 'l', units: 3, recurrentInitializer: 'zeros', inputShape: [4, 2]});
  const model = prunable(tf.sequential({layers: [layer]}));
  const [weight] = wrapper(model, 'l').maskedWeights;
  const x = tf.randomNormal([2, 4, 2], 0, 1, 'float32', 1);
  const variable = weight!.kernel.read() as tf.Variable;
  const gradient = () =>
    tf.variableGrads(() => tf.sum(model.apply(x) as tf.Tensor), [variable]).grads[variable.name] as tf.Tensor;
  let calls = 0;
  tf.tidy(() => {
    const dense = gradient();
    const seen: tf.Tensor[] = [];
    const stop = weight!.tap(part => void seen.push(tf.keep(tf.clone(part))));
    const takeAway = weight!.parametrize({apply: w => (calls++, w)});
    expect(distance(gradient(), dense)).toBe(0);
    stop();
    takeAway();
    expect(seen).toHaveLength(1);
    expect(distance(seen[0]!, dense)).toBe(0);
    tf.dispose(seen);
  });
  expect(calls).toBe(1);
});
