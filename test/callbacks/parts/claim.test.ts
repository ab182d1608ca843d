import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {Claim} from '../../../callbacks/parts/claim.js';
import {prunableLayers} from '../../../src/layers/model-layers.js';

function layersOf() {
  const dense = (name: string, more = {}) => tf.layers.dense({name, units: 2, ...more});
  return prunableLayers(prunable(tf.sequential({layers: [dense('a', {inputShape: [3]}), dense('b')]})));
}

const MESSAGE =
  'One and Two both choose masks of the layer "a" in one fit, and would undo what the other does; list one of ' +
  'them, or give each layers of its own by `layers`';

test.each<[Claim, Claim, boolean]>([
  [new Claim('One', undefined), new Claim('Two', undefined), false],
  [new Claim('One', 'more'), new Claim('Two', 'more'), false],
  [new Claim('One', 'atStart'), new Claim('Two', 'atStart'), false],
  [new Claim('One', 'atStart'), new Claim('Two', undefined), false],
  [new Claim('One', 'atStart'), new Claim('Two', 'more'), true],
  [new Claim('One', 'more'), new Claim('Two', 'atStart'), true],
])('two claims go together or not, in a list and in two fits', (one, two, goTogether) => {
  const layers = layersOf();
  const [a, b] = [layers.slice(0, 1), layers.slice(1)];
  expect(() => two.expectApart(b, one, a)).not.toThrow();
  one.take(a);
  expect(() => two.take(b)).not.toThrow();
  two.release();
  if (goTogether) {
    expect(() => two.expectApart(layers, one, a)).not.toThrow();
    two.take(layers);
    expect([one.isShared, two.isShared].filter(Boolean)).toHaveLength(1);
  } else {
    expect(() => two.expectApart(layers, one, a)).toThrow(MESSAGE);
    expect(() => two.take(layers)).toThrow(MESSAGE);
    expect(two.weights).toEqual([]);
  }
  one.release();
  two.release();
});

test('a claim ends with its release', () => {
  const layers = layersOf();
  const [one, two] = [new Claim('One', undefined), new Claim('Two', undefined)];
  one.take(layers);
  expect(one.weights).toHaveLength(2);
  one.release();
  expect(one.weights).toEqual([]);
  two.take(layers);
  expect(two.weights).toHaveLength(2);
  two.release();
});

test('only the one that masks at the start leaves the choice to another', () => {
  const layers = layersOf();
  const [first, second] = [new Claim('One', 'atStart'), new Claim('Two', 'more')];
  first.take(layers);
  expect(first.isShared).toBe(false);
  second.take(layers.slice(1));
  expect([first.isShared, second.isShared]).toEqual([true, false]);
  second.release();
  expect(first.isShared).toBe(false);
  first.release();
});
