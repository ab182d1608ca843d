import {eachTarget, expectTargets, sparsityFor, targetText, USUAL_TARGETS} from '../../src/study/target.js';

/** LeNet-300-100 and LeNet-5-Caffe, their classifiers left dense. */
const LENET_300 = {parameters: 266_610, weights: 265_200, multiplyAdds: 266_200, prunedMultiplyAdds: 265_200};
const LENET_5 = {parameters: 431_080, weights: 425_500, multiplyAdds: 2_293_000, prunedMultiplyAdds: 2_288_000};

test.each([
  [2, 0.4973, 0.4934],
  [4, 0.246, 0.2402],
  [8, 0.1204, 0.1135],
  [16, 0.0575, 0.0502],
  [32, 0.0261, 0.0186],
  [64, 0.0104, 0.0027],
])('a compression of %d keeps the fractions that ShrinkBench publishes', (compression, lenet300, lenet5) => {
  expect(Math.abs(1 - sparsityFor({compression}, LENET_300) - lenet300)).toBeLessThan(1e-4);
  expect(Math.abs(1 - sparsityFor({compression}, LENET_5) - lenet5)).toBeLessThan(1e-4);
});

test('a sparsity is that of the pruned layers, multiply-adds those of the whole net', () => {
  expect(sparsityFor({sparsity: 0.7}, LENET_5)).toBe(0.7);
  const kept = (0.5 * 2_293_000 - 5_000) / 2_288_000;
  expect(sparsityFor({multiplyAdds: 0.5}, LENET_5)).toBeCloseTo(1 - kept, 12);
  expect(sparsityFor({multiplyAdds: 1}, LENET_5)).toBe(0);
});

test('what can not be met is refused, with what is in the way', () => {
  expect(() => sparsityFor({compression: 200}, LENET_300)).toThrow(
    '1410 of 266610 parameters are in what is not pruned',
  );
});

test('targets are one list of values in range', () => {
  expect(eachTarget(USUAL_TARGETS)).toEqual([2, 4, 8, 16, 32].map(compression => ({compression})));
  expect(() => expectTargets('targets', {compression: [0.5]})).toThrow('at least 1, got 0.5');
  expect(() => expectTargets('targets', {sparsity: [1]})).toThrow('in [0, 1), got 1');
  expect(() => expectTargets('targets', {multiplyAdds: [0]})).toThrow('in (0, 1], got 0');
  expect(() => expectTargets('targets', {sparsity: []})).toThrow('Expected `targets` to be {compression: [...]}');
  expect(() => expectTargets('targets', {sparsity: [0.5], compression: [2]})).toThrow(TypeError);
  expect(() => expectTargets('targets', {compression: [Infinity]})).toThrow('at least 1, got Infinity');
  expect(() => expectTargets('targets', {compression: [2, 4, 2]})).toThrow('`targets.compression`');
  expect(() => expectTargets('targets', {compression: [2, 4, 2]})).toThrow('2 is in it twice');
  expect([{compression: 4}, {sparsity: 0.905}, {multiplyAdds: 0.25}].map(each => targetText(each))).toEqual([
    '4 x smaller',
    '90.5 % zeros',
    '25 % of the multiply-adds',
  ]);
});
