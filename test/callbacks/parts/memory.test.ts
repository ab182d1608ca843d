import {expectMemory, Remembered} from '../../../callbacks/parts/memory.js';

test('keeps its object, and gives and takes copies', () => {
  const memory = {updates: 0, layers: ['a']};
  const remembered = new Remembered(memory);
  memory.updates = 2;
  memory.layers.push('b');
  const state = remembered.state();
  memory.layers.push('c');
  expect(state).toEqual({json: {updates: 2, layers: ['a', 'b']}, tensors: {}});
  remembered.restore({json: {...state.json, stranger: 1}, tensors: {}});
  expect(memory).toEqual({updates: 2, layers: ['a', 'b']});
  memory.layers.push('d');
  expect(state.json['layers']).toEqual(['a', 'b']);
  remembered.reset();
  expect(memory).toEqual({updates: 0, layers: ['a']});
  memory.layers.push('e');
  remembered.reset();
  expect(memory.layers).toEqual(['a']);
});

test('of a method is a plain object, without names that the callback has', () => {
  const memory = {updates: 0};
  expect(expectMemory(memory)).toBe(memory);
  expect(() => expectMemory(new Map() as never)).toThrow('Expected `method.memory` to be a plain object, got a Map');
  expect(() => expectMemory({step: 1})).toThrow(
    /^Expected `method.memory` to use other names than callback, options, step, .*, got `step`$/,
  );
});
