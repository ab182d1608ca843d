import * as tf from '@tensorflow/tfjs';
import type {Method} from 'tfjs-pruning/callbacks';
import {Remembered} from '../../../callbacks/parts/memory.js';
import {MethodMemory} from '../../../callbacks/parts/method-memory.js';

test('a memory keeps its object, and gives and takes copies', async () => {
  const memory = {updates: 0, layers: ['a']};
  const remembered = new Remembered(memory);
  memory.updates = 2;
  memory.layers.push('b');
  const state = remembered.state();
  memory.layers.push('c');
  expect(state).toEqual({json: {updates: 2, layers: ['a', 'b']}, tensors: {}});
  const takeOver = await remembered.restoring({json: {...state.json, stranger: 1}, tensors: {}});
  expect(memory.layers).toHaveLength(3);
  takeOver();
  expect(memory).toEqual({updates: 2, layers: ['a', 'b']});
  remembered.reset();
  expect(memory).toEqual({updates: 0, layers: ['a']});
});

const method = (more: Partial<Method>): Method => ({
  atStep: () => Promise.resolve(undefined),
  keepsZeros: () => true,
  ...more,
});

test('a method has a memory, a state of its own, or none', async () => {
  expect(await new MethodMemory(method({})).state()).toEqual({json: {}, tensors: {}});
  const noise = tf.scalar(1);
  const own = {json: {drawn: 3}, tensors: {noise}};
  const both = new MethodMemory(method({memory: {updates: 1}, state: () => Promise.resolve(own)}));
  expect(await both.state()).toEqual({json: {updates: 1, drawn: 3}, tensors: {noise}});
  noise.dispose();
});

test('a state that the method refuses changes no memory', async () => {
  const memory = {updates: 1};
  const refusing = new MethodMemory(method({memory, restore: () => Promise.reject(new Error('not mine'))}));
  await expect(refusing.restoring({json: {updates: 5}, tensors: {}})).rejects.toThrow('not mine');
  expect(memory).toEqual({updates: 1});
});

test('reset forgets both', () => {
  const memory = {updates: 0};
  const reset = jest.fn();
  const all = new MethodMemory(method({memory, reset}));
  memory.updates = 4;
  all.reset();
  expect(memory).toEqual({updates: 0});
  expect(reset).toHaveBeenCalledTimes(1);
});

test('refuses a memory that is none, and names that the callback has', () => {
  expect(() => new MethodMemory(method({memory: new Map() as never}))).toThrow(
    'Expected `method.memory` to be a plain object, got a Map',
  );
  expect(() => new MethodMemory(method({memory: {step: 1}}))).toThrow(
    /^Expected `method.memory` to use other names than callback, options, step, .*, got `step`$/,
  );
});
