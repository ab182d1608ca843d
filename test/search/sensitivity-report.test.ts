import {formatSensitivity, plotSensitivity, type SensitivityReport} from 'tfjs-pruning';

const REPORT: SensitivityReport = {
  baseline: {loss: 0.1, metrics: {acc: 0.98}},
  layers: [
    {
      layer: 'conv1',
      weights: ['conv1/kernel'],
      points: [
        {sparsity: 0.5, loss: 0.25, metrics: {acc: 0.95}},
        {sparsity: 0.9, loss: 2.1, metrics: {acc: 0.1}},
      ],
    },
    {
      layer: 'block/a<b',
      weights: ['a<b/kernel'],
      points: [
        {sparsity: 0.5, loss: 0.1, metrics: {acc: 0.98}},
        {sparsity: 0.95, loss: NaN, metrics: {acc: 0.5}},
      ],
    },
  ],
};

test('the table has a row for each layer and a column for each sparsity', () => {
  expect(formatSensitivity(REPORT)).toBe(
    [
      'loss       baseline   50.0%   90.0%  95.0%',
      '---------  --------  ------  ------  -----',
      'conv1        0.1000  0.2500  2.1000',
      'block/a<b    0.1000  0.1000              ?',
    ].join('\n'),
  );
  expect(formatSensitivity(JSON.parse(JSON.stringify(REPORT)) as SensitivityReport)).toBe(formatSensitivity(REPORT));
  expect(formatSensitivity(REPORT, {metric: 'acc'}).split('\n')[2]).toBe('conv1        0.9800  0.9500  0.1000');
});

test('the picture has a line for each layer, from the baseline, and ticks at round numbers', () => {
  const svg = plotSensitivity(REPORT);
  // 420 wide from 64, 240 high from 44: losses of 0.1, 0.25 and 2.1 between 0 and 2.5
  expect(svg).toContain('points="64,274.4 274,260 442,82.4"');
  expect(svg).toContain('points="64,274.4 274,274.4"'); // NaN is left out
  const ticks = [...svg.matchAll(/text-anchor="end" fill="#57606a">([^<]*)</g)].map(([, tick]) => tick);
  expect(ticks).toEqual(['0', '0.5', '1', '1.5', '2', '2.5']);
  expect(svg).toContain('<text x="534" y="75">block/a&lt;b</text>');
  expect(svg.match(/<polyline/g)).toHaveLength(2);
  expect(plotSensitivity(REPORT, {metric: 'acc'})).toContain('points="64,48.8 274,56 442,260"');
});

test('pictures of one value, and of none, hold numbers all the same', () => {
  const point = {sparsity: 0.5, loss: 0.1, metrics: {}};
  const flat = {baseline: {loss: 0.1, metrics: {}}, layers: [{layer: 'a', weights: ['a/kernel'], points: [point]}]};
  expect(plotSensitivity(flat)).not.toMatch(/NaN|Infinity/);
  expect(plotSensitivity({...flat, layers: []})).not.toMatch(/NaN|Infinity/);
});

test.each([formatSensitivity, plotSensitivity])(
  '%p refuses what is no report, and a metric that is not there',
  show => {
    expect(() => show({} as never)).toThrow(
      `${show.name} expects what sensitivityScan(model, {data}) returns, got an Object`,
    );
    expect(() => show(REPORT, {metric: 'auc'})).toThrow(
      new RangeError("Expected `metric` to be one of 'loss', 'acc', got 'auc'"),
    );
    expect(() => show(REPORT, {metrics: 'acc'} as never)).toThrow(`${show.name} has no option \`metrics\``);
  },
);
