import {shortList} from '../../src/display/short-list.js';

test('all names where they fit, else as many as do, and at least one', () => {
  expect(shortList([], ', ')).toBe('');
  expect(shortList(['conv1', 'conv2'], ', ')).toBe('conv1, conv2');
  expect(shortList(['abc', 'def', 'ghi'], ' + ', 9)).toBe('abc + def + 1 more');
  expect(shortList(['abc', 'def', 'ghi'], ' + ', 15)).toBe('abc + def + ghi');
  expect(shortList(['a_long_name', 'b'], ', ', 5)).toBe('a_long_name + 1 more');
});
