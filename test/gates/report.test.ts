import * as tf from '@tensorflow/tfjs';
import {
  filters,
  formatGates,
  gateReport,
  hardConcrete,
  plotGates,
  prunable,
  removeGates,
  type GateReport,
} from 'tfjs-pruning';
import {gatedLayers} from '../../src/gates/gated-layers.js';
import {hardenGates} from '../../src/gates/harden-gates.js';
import {assign} from '../../src/tfjs-internals.js';
import {distance, expectNoLeak, predict} from '../support/tensors.js';

/** A convolution and a batch normalization with five gated filters, of which those with log alpha -4 are closed. */
function gated(): tf.Sequential {
  const net = tf.sequential({
    layers: [
      tf.layers.conv2d({name: 'c', filters: 5, kernelSize: 2, inputShape: [3, 3, 1], biasInitializer: 'ones'}),
      tf.layers.batchNormalization({name: 'n', betaInitializer: 'ones'}),
      tf.layers.flatten(),
      tf.layers.dense({name: 'd', units: 2}),
    ],
  });
  const model = prunable(net, {gate: hardConcrete({gateSpeed: 1}), structure: filters(), layers: 'c'});
  const {variable} = gatedLayers(model)[0]!.maskedWeights[0]!.auxiliary[0]!;
  tf.tidy(() => assign(variable, tf.tensor([-4, -4, 0, 2, 4], [1, 1, 1, 5])));
  return model;
}

const REPORT: GateReport = {
  weights: [
    {
      weight: 'c/kernel',
      gate: 'HardConcrete',
      groups: 5,
      open: 3,
      openShare: 0.6,
      isDecided: false,
      histogram: [2, 0, 0, 0, 0, 0, 0, 0, 1, 2], // P = .083 .083 .832 .973 .996
    },
  ],
  total: {groups: 5, open: 3, openShare: 0.6},
};

test('the report counts open groups, and how open they are, by hand', async () => {
  const model = gated();
  expect(await gateReport(model)).toEqual(REPORT);
  hardenGates(gatedLayers(model));
  const {weights} = await gateReport(model);
  expect(weights[0]).toMatchObject({open: 3, isDecided: true, histogram: [2, 0, 0, 0, 0, 0, 0, 0, 0, 3]});
  await expectNoLeak(async () => void (await gateReport(model)));
});

test('as a table', () => {
  expect(formatGates(REPORT)).toBe(
    [
      'weight    gate          closed to open  groups  open  share',
      '--------  ------------  --------------  ------  ----  -----',
      'c/kernel  HardConcrete  █       ▄█           5     3  60.0%',
      '--------  ------------  --------------  ------  ----  -----',
      'total                                        5     3  60.0%',
    ].join('\n'),
  );
});

test('as a picture, with a bar for each bin', () => {
  const svg = plotGates(REPORT);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(svg).toContain('Gates: 60.0% of all groups are open');
  expect(svg).toContain('3 of 5 open');
  expect([...svg.matchAll(/width="18" height="([\d.]+)"/g)].map(([, height]) => Number(height))).toEqual([
    80, 0, 0, 0, 0, 0, 0, 0, 40, 80,
  ]);
});

test('removeGates gives the net back as it was, with masks', async () => {
  const model = gated();
  const bare = removeGates(model);
  expect(bare.layers.map(layer => layer.getClassName())).toEqual([
    'PrunableConv2D',
    'BatchNormalization',
    'Flatten',
    'Dense',
  ]);
  const x = tf.randomNormal([2, 3, 3, 1], 0, 1, 'float32', 1);
  for (const layer of gatedLayers(model))
    for (const {weight, count} of layer.weightGates) expect([weight.name, count]).toEqual(['c/kernel', 5]);
  const {variable} = gatedLayers(model)[0]!.maskedWeights[0]!.auxiliary[0]!;
  tf.tidy(() => assign(variable, tf.fill([1, 1, 1, 5], 20))); // all gates are 1
  expect(distance(predict(bare, x), predict(model, x))).toBeLessThan(1e-6);
  await expectNoLeak(() => void removeGates(model).dispose());
});

test('what has no gates, and what is no report, is refused', async () => {
  const plain = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [1]})]});
  await expect(gateReport(plain)).rejects.toThrow(
    /gateReport expects a model with gates, but "sequential_\d+" has none/,
  );
  expect(() => removeGates(plain)).toThrow(/removeGates expects a model with gates/);
  for (const format of [formatGates, plotGates]) {
    expect(() => format({} as GateReport)).toThrow(`${format.name} expects what gateReport(model) resolves to, got`);
  }
});
