import * as tf from '@tensorflow/tfjs';
import type {CallbackState, Remembering} from '../../../callbacks/parts/callback-state.js';
import {FitGuard} from '../../../callbacks/parts/fit-guard.js';
import {StateKeeper} from '../../../callbacks/parts/state-keeper.js';
import {expectNoLeak} from '../../support/tensors.js';

class Mine extends tf.Callback {}

/** A part that remembers one number, and a tensor of it. */
function part(name: string, value: number) {
  const remembering: Remembering & {value: number} = {
    value,
    state: () => ({json: {[name]: remembering.value}, tensors: {[`${name}/tensor`]: tf.scalar(remembering.value)}}),
    restore({json}: CallbackState) {
      if (json[name] === 13) throw new RangeError(`${name} refuses 13`);
      remembering.value = json[name] as number;
    },
  };
  return remembering;
}

function keeper(options: object = {}, a = part('a', 1), b = part('b', 2)) {
  return {a, b, states: new StateKeeper(new FitGuard(new Mine()), options, [a, b])};
}

test('joins the states of the parts, with the name and the options of the callback', async () => {
  const {json, tensors} = await keeper({layers: /conv/}).states.state();
  expect(json).toEqual({callback: 'Mine', options: {layers: '/conv/'}, a: 1, b: 2});
  expect(Object.keys(tensors)).toEqual(['a/tensor', 'b/tensor']);
  tf.dispose(tensors);
});

test('gives each part its own back', async () => {
  const state = await keeper({}, part('a', 5), part('b', 6)).states.state();
  const {a, b, states} = keeper();
  await expectNoLeak(() => states.restore(state));
  expect([a.value, b.value]).toEqual([5, 6]);
  tf.dispose(state.tensors);
});

test.each<[string, (json: CallbackState['json']) => object, RegExp]>([
  ['another callback', json => ({...json, callback: 'Yours'}), /expects the state of a Mine, got one of "Yours"/],
  ['other options', json => ({...json, options: {rate: 1}}), /`rate` was 1 and is not given/],
  ['a value of another kind', json => ({...json, a: 'five'}), /`a` to be a number, got "five" \(string\)/],
  ['a value that the last part refuses', json => ({...json, a: 5, b: 13}), /b refuses 13/],
])('changes no part by the state of %s', async (_, change, message) => {
  const {a, b, states} = keeper();
  const {json, tensors} = await states.state();
  tf.dispose(tensors);
  await expect(states.restore({json: change(json) as CallbackState['json'], tensors: {}})).rejects.toThrow(message);
  expect([a.value, b.value]).toEqual([1, 2]);
});
