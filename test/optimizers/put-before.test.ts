import * as tf from '@tensorflow/tfjs';
import {putBefore} from '../../src/optimizers/put-before.js';

type Gradients = Parameters<tf.Optimizer['applyGradients']>[0];

/** Notes a name whenever gradients are applied, and lets them through. */
const note = (optimizer: tf.Optimizer, calls: string[], name: string) =>
  putBefore(optimizer, 'applyGradients', apply => (gradients: Gradients) => {
    calls.push(name);
    apply(gradients);
  });

function calls(optimizer: tf.Optimizer, seen: string[]): string[] {
  optimizer.applyGradients([]);
  return seen.splice(0);
}

test('the last one comes first, and each can be taken away in any order, without a trace', () => {
  const [optimizer, seen] = [tf.train.sgd(0.1), [] as string[]];
  const [a, b, c] = ['a', 'b', 'c'].map(name => note(optimizer, seen, name)) as [() => void, () => void, () => void];
  expect(calls(optimizer, seen)).toEqual(['c', 'b', 'a']);
  b();
  b();
  expect(calls(optimizer, seen)).toEqual(['c', 'a']);
  a();
  expect(calls(optimizer, seen)).toEqual(['c']);
  const d = note(optimizer, seen, 'd');
  c();
  expect(calls(optimizer, seen)).toEqual(['d']);
  d();
  expect(Object.hasOwn(optimizer, 'applyGradients')).toBe(false);
  expect(calls(optimizer, seen)).toEqual([]);
  expect(optimizer.iterations).toBe(5);
});

test("what the user has put there himself is called, and stays; and what he puts there later isn't taken away", () => {
  const [optimizer, seen] = [tf.train.sgd(0.1), [] as string[]];
  const own = () => void seen.push('own');
  optimizer.applyGradients = own;
  const takeAway = note(optimizer, seen, 'ours');
  expect(calls(optimizer, seen)).toEqual(['ours', 'own']);
  takeAway();
  expect(Object.entries(optimizer)).toContainEqual(['applyGradients', own]);
  const again = note(optimizer, seen, 'ours');
  const later = () => void seen.push('later');
  optimizer.applyGradients = later;
  again();
  expect(Object.entries(optimizer)).toContainEqual(['applyGradients', later]);
  note(optimizer, seen, 'ours');
  expect(calls(optimizer, seen)).toEqual(['ours', 'later']);
});
