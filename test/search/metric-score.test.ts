import * as tf from '@tensorflow/tfjs';
import {bisection, metricScore, recalibrateBatchNorm, searchRates, type MetricScoreArgs} from 'tfjs-pruning';
import {withRandomWeights} from '../support/random-weights.js';
import {expectNoLeak} from '../support/tensors.js';

/** Two classes, told by the sign of the input. */
const xs = tf.tensor2d([-2, -1, 1, 2, 3], [5, 1]);
const ys = tf.tensor2d([1, 0, 1, 0, 0, 1, 0, 1, 1, 0], [5, 2]);

function net({batchNorm = false, compiled = true} = {}): tf.Sequential {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({name: 'a', units: 4, inputShape: [1]}),
      ...(batchNorm ? [tf.layers.batchNormalization({name: 'norm'})] : []),
      tf.layers.dense({name: 'b', units: 2, activation: 'softmax'}),
    ],
  });
  if (compiled) model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return withRandomWeights(model);
}

const NOW = {signal: undefined};

test('the metric, or minus the loss, over all examples', async () => {
  const model = net();
  const evaluated = (model.evaluate(xs, ys) as tf.Scalar[]).map(value => value.dataSync()[0]!);
  await expectNoLeak(async () => {
    expect(await metricScore({data: {xs, ys}, batchSize: 2})(model, NOW)).toBeCloseTo(evaluated[1]!, 6);
    expect(await metricScore({data: [{xs, ys}], metric: 'acc'})(model, NOW)).toBeCloseTo(evaluated[1]!, 6);
    expect(await metricScore({data: {xs, ys}, metric: 'loss'})(model, NOW)).toBeCloseTo(-evaluated[0]!, 6);
  });
});

test('recalibrates the statistics of batch normalizations first', async () => {
  const [model, twin] = [net({batchNorm: true}), net({batchNorm: true})];
  const data = {data: {xs, ys}, metric: 'loss'};
  await recalibrateBatchNorm(twin, {data: {xs}});
  const wanted = await metricScore(data)(twin, NOW);
  expect(await metricScore(data)(model, NOW)).not.toBe(wanted);
  expect(await metricScore({...data, recalibrate: {xs}})(model, NOW)).toBe(wanted);
  expect(await metricScore({...data, recalibrate: [{xs}], batchSize: 3})(model, NOW)).toBeCloseTo(wanted, 5);
});

test('a model without them is scored as it is', async () => {
  const score = metricScore({data: {xs, ys}, recalibrate: {xs}});
  expect(await score(net(), NOW)).toBe(await metricScore({data: {xs, ys}})(net(), NOW));
});

test('in a search, copies of the model are compiled like it, and pauses can be aborted', async () => {
  const model = net({batchNorm: true});
  const score = metricScore({data: {xs, ys}, metric: 'loss', recalibrate: {xs}});
  const args = {target: {multiplyAdds: 0.6}, score, policy: bisection()};
  await expectNoLeak(async () => {
    const {history} = await searchRates(model, args);
    expect(history.length).toBeGreaterThan(3);
    const reason = new Error('enough');
    await expect(score(model, {signal: AbortSignal.abort(reason)})).rejects.toBe(reason);
  });
});

test.each<[string, unknown]>([
  ['metricScore has no option `metrics`', {data: {xs, ys}, metrics: 'acc'}],
  ['Expected `data` to be tensors {xs, ys}', {}],
  ['Expected `metric` to be \'loss\' or the name of a metric, got "" (string)', {data: {xs, ys}, metric: ''}],
  ['Expected `recalibrate` to be tensors {xs, ys}, a list', {data: {xs, ys}, recalibrate: 5}],
  ['Expected batch 0 of `recalibrate` to be an object {xs, ys}, got null', {data: {xs, ys}, recalibrate: [null]}],
])('refuses: %s', (message, args) => {
  expect(() => metricScore(args as MetricScoreArgs)).toThrow(message);
});

test('refuses a metric that the model lacks, and a model that is not compiled', async () => {
  const score = metricScore({data: {xs, ys}, metric: 'precision'});
  await expect(score(net(), NOW)).rejects.toThrow("Expected `metric` to be one of 'loss', 'acc', got 'precision'");
  await expect(score(net({compiled: false}), NOW)).rejects.toThrow('metricScore expects a compiled model');
});
