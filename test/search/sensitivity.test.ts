import {sensitivity, type SensitivityReport} from 'tfjs-pruning';
import {layout} from '../support/layouts.js';

/** A report of losses by sparsity; the model itself has a loss of 1. */
function report(losses: Record<string, Record<number, number>>): SensitivityReport {
  const layers = Object.entries(losses).map(([layer, bySparsity]) => ({
    layer,
    weights: [`${layer}/kernel`],
    points: Object.entries(bySparsity).map(([sparsity, loss]) => ({sparsity: Number(sparsity), loss, metrics: {}})),
  }));
  return {baseline: {loss: 1, metrics: {}}, layers};
}

function zeros(of: SensitivityReport, sparsity: number, sizes: Record<string, number>, args = {}): number[] {
  const layers = Object.entries(sizes).map(([layer, n]) => {
    const name = `${layer}/kernel`;
    return {name, scores: Float32Array.from({length: n}, (_, i) => i), layout: layout([1, n], {name})};
  });
  return sensitivity(of, args)(layers, sparsity).map(mask => mask.filter(kept => kept === 0).length);
}

const TWO = report({soft: {0.5: 1.1, 0.9: 1.3}, hard: {0.5: 1.3, 0.9: 2.3}});

test('all layers lose what costs the same, between the scanned sparsities on straight lines', () => {
  // at an increase of 0.1: soft at 0.5, hard at 0.5/3
  expect(zeros(TWO, (500 + 167) / 2000, {soft: 1000, hard: 1000})).toEqual([500, 167]);
  // at 0.3: soft at 0.9, hard at 0.5
  expect(zeros(TWO, 0.7, {soft: 1000, hard: 1000})).toEqual([900, 500]);
  // at 0.2: soft at 0.7, hard at 1/3; and of layers of other sizes
  expect(zeros(TWO, (700 + 100) / 1300, {soft: 1000, hard: 300})).toEqual([700, 100]);
});

test('a layer goes no further than it was scanned; the others make up for it', () => {
  expect(zeros(TWO, 0.8, {soft: 1000, hard: 1000})).toEqual([900, 700]);
  expect(zeros(TWO, 0.6, {soft: 1000, hard: 1000}, {maxSparsity: 0.7})).toEqual([700, 500]);
  expect(() => zeros(TWO, 0.95, {soft: 1000, hard: 1000})).toThrow(
    /1900 of 2000 groups would be zero, but only 1800 can be/,
  );
});

test('what costs nothing, or less than nothing, falls first, in all such layers alike', () => {
  const free = report({a: {0.5: 1, 0.9: 2}, b: {0.5: 0.8, 0.9: 1}, c: {0.5: 2, 0.9: 3}});
  expect(zeros(free, 0.35, {a: 100, b: 100, c: 200})).toEqual([50, 90, 0]);
  expect(zeros(free, 0.175, {a: 100, b: 100, c: 200})).toEqual([25, 45, 0]);
});

test('a loss that falls again counts as the highest before', () => {
  const bumpy = report({a: {0.3: 1.5, 0.6: 1.2, 0.9: 1.6}, b: {0.9: 2}});
  // at 0.5: a up to 0.6, b at 0.45
  expect(zeros(bumpy, 0.525, {a: 100, b: 100})).toEqual([60, 45]);
});

test('between a loss and the higher one after it, a fall in between counts for nothing', () => {
  const bumpy = report({a: {0.3: 1.5, 0.6: 1.2, 0.9: 1.6}, b: {0.9: 2}});
  // at 0.55: a half way from 0.6 (at 0.5) to 0.9 (at 0.6), b at 0.9 * 0.55; by the fall alone a would be at 0.8625
  expect(zeros(bumpy, 1.245 / 2, {a: 1000, b: 1000})).toEqual([750, 495]);
});

test('a point at sparsity 0 is the model as it is, whatever its loss', () => {
  const withZero = report({soft: {0: 1.7, 0.5: 1.1, 0.9: 1.3}, hard: {0: 0.2, 0.5: 1.3, 0.9: 2.3}});
  expect(zeros(withZero, 0.7, {soft: 1000, hard: 1000})).toEqual([900, 500]);
  expect(zeros(withZero, (500 + 167) / 2000, {soft: 1000, hard: 1000})).toEqual([500, 167]);
});

test('takes a report that was JSON in between, in any order of its points', () => {
  const back = JSON.parse(JSON.stringify(TWO)) as SensitivityReport;
  back.layers.forEach(({points}) => points.reverse());
  expect(zeros(back, 0.7, {soft: 1000, hard: 1000})).toEqual([900, 500]);
});

test('refuses what is no report, losses that are no numbers, and layers that were not scanned', () => {
  expect(() => sensitivity({} as never)).toThrow(
    new TypeError('sensitivity expects what sensitivityScan(model, {data}) returns, got an Object'),
  );
  expect(() => sensitivity(undefined as never)).toThrow('got undefined');
  for (const layer of [
    null,
    {},
    {...TWO.layers[0], points: [{loss: 2}]},
    {...TWO.layers[0], points: [{sparsity: 2}]},
  ]) {
    expect(() => sensitivity({...TWO, layers: [...TWO.layers, layer as never]})).toThrow(
      'with each sparsity in [0, 1), but `layers[2]` is different',
    );
  }
  expect(() => sensitivity({...TWO, layers: [TWO.layers[0]!, TWO.layers[0]!]})).toThrow(
    new RangeError(
      'Expected weights of different names, but two of the sensitivity report are "soft/kernel"; rename a layer',
    ),
  );
  expect(() => sensitivity(report({a: {0.5: NaN}}))).toThrow(
    new RangeError(
      'Expected losses to be finite numbers, but that of "a" at sparsity 0.5 is NaN; ' +
        'omit that point, or scan lower sparsities',
    ),
  );
  expect(() => sensitivity({...TWO, baseline: {loss: NaN, metrics: {}}})).toThrow(
    new RangeError('Expected the loss of the baseline to be a finite number, got NaN'),
  );
  expect(() => zeros(TWO, 0.5, {soft: 10, other: 10})).toThrow(
    new RangeError(
      'Expected the sensitivity report to hold "other/kernel", but it holds "soft/kernel", "hard/kernel"; ' +
        'scan the layers that are pruned',
    ),
  );
});
