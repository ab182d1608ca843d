import {perLayer, type LayerSparsities} from 'tfjs-pruning';
import {layout} from '../support/layouts.js';

/** Zeros of each layer: ten weights in conv1 and head, forty in conv2, a hundred in lstm's two kernels each. */
function zeros(sparsities: LayerSparsities, sparsity: number, args = {}): number[] {
  const sizes = {
    'conv1/kernel': 10,
    'conv2/kernel': 40,
    'head/kernel': 10,
    'lstm/kernel': 100,
    'lstm/recurrent_kernel': 100,
  };
  const layers = Object.entries(sizes).map(([name, n]) => ({
    name,
    scores: Float32Array.from({length: n}, (_, i) => i),
    layout: layout([1, n], {name}),
  }));
  return perLayer(sparsities, args)(layers, sparsity).map(mask => mask.filter(kept => kept === 0).length);
}

test('gives each named layer its own sparsity at the largest of them, and its share before', () => {
  const own = {conv1: 0.3, conv2: 0.9};
  expect(zeros(own, 0.9)).toEqual([3, 36, 0, 0, 0]);
  expect(zeros(own, 0.45)).toEqual([2, 18, 0, 0, 0]); // 1.5 rounds to 2, the even one
  expect(zeros(own, 0)).toEqual([0, 0, 0, 0, 0]);
  expect(zeros(own, 0.95)).toEqual([3, 38, 0, 0, 0]);
});

test('takes names of layers, of weights, and patterns; the first that matches counts', () => {
  expect(zeros({lstm: 0.5}, 0.5)).toEqual([0, 0, 0, 50, 50]);
  expect(zeros({'lstm/kernel': 0.5, lstm: 0.1}, 0.5)).toEqual([0, 0, 0, 50, 10]);
  expect(
    zeros(
      [
        [/^conv/, 0.5],
        ['conv1', 0.1],
        [/kernel$/, 0.2],
      ],
      0.5,
    ),
  ).toEqual([5, 20, 2, 20, 20]);
});

test('rounds halves of its own sparsities to even, whatever the largest of them is', () => {
  expect(zeros({conv1: 0.05, conv2: 0.0125, head: 0.15, lstm: 0.95}, 0.95)).toEqual([0, 0, 2, 95, 95]);
  const [layer, other] = [3, 100].map((n, i) => {
    const name = 'ab'[i]!;
    return {name, scores: Float32Array.from({length: n}, (_, k) => k), layout: layout([1, n], {name})};
  });
  const allocate = perLayer({a: 0.5, b: 0.95});
  expect([...allocate([layer!, other!], 0.95)[0]!]).toEqual([0, 0, 1]); // 1.5 is 2, and not 1.4999999999999998
});

test('knows the layers of a model that a Sequential begins with, whose paths are shorter in fit', () => {
  expect(zeros({'base/conv1': 0.5, 'base/inner/head/kernel': 0.2}, 0.5)).toEqual([5, 0, 2, 0, 0]);
});

test('gives the default to all others', () => {
  expect(zeros({conv1: 0.5}, 0.8, {default: 0.8})).toEqual([5, 32, 8, 80, 80]);
});

test('what limits withhold is pruned in the other layers in proportion, except in dense ones', () => {
  // 5 + 20 + 50 + 50 = 125, of which conv1 may give 2: 3 more of the others, 20.5, 51.3 and 51.3 of 123
  expect(zeros({conv1: 0.5, conv2: 0.5, lstm: 0.5}, 0.5, {minKept: 8})).toEqual([2, 21, 0, 51, 51]);
  expect(() => zeros({conv1: 0.5}, 0.5, {minKept: 8})).toThrow(
    /5 of 260 groups would be zero, but only 2 can be, 3 too few: "conv1\/kernel" 2 of 10, "conv2\/kernel" 0 of 40/,
  );
});

test('says which name matches no pruned layer, and which ones there are', () => {
  const names = 'there are "conv1/kernel", "conv2/kernel", "head/kernel", "lstm/kernel", "lstm/recurrent_kernel"';
  expect(() => zeros({conv: 0.5}, 0.5)).toThrow(
    new RangeError(`Expected perLayer to name layers that are pruned, but "conv" matches none; ${names}`),
  );
  expect(() => zeros([[/^dense/, 0.5]], 0.5)).toThrow(`but /^dense/ matches none; ${names}`);
});

test.each<[unknown, object | undefined, RegExp]>([
  [{conv1: 1}, undefined, /^Expected `perLayer's value for "conv1"` to be a number in \[0, 1\), got 1$/],
  [{conv1: '0.5'}, undefined, /got "0.5" \(string\)$/],
  [{conv1: 0}, undefined, /^Expected perLayer to give at least one layer a sparsity above 0$/],
  [0.5, undefined, /^Expected perLayer to get \{name: sparsity\} or pairs \[name, sparsity\], got 0.5 \(number\)$/],
  [null, undefined, /got null$/],
  [['conv', 0.5], undefined, /^Expected perLayer to get pairs \[name, sparsity\], got "conv" \(string\)$/],
  [[[7, 0.5]], undefined, /^Expected perLayer to get names and patterns, got 7 \(number\)$/],
  [{conv1: 0.5}, {default: -1}, /^Expected `default` to be a number in \[0, 1\), got -1$/],
])('refuses %j with %j', (sparsities, args, message) => {
  expect(() => perLayer(sparsities as never, args)).toThrow(message);
});
