import * as tf from '@tensorflow/tfjs';
import {entropyPenalty, l1, modelSize, prunable, quantizationAware} from 'tfjs-pruning';
import {ScheduledPenalty, type CallbackState, type ScheduledPenaltyArgs} from 'tfjs-pruning/callbacks';
import {expectNoLeak} from '../support/tensors.js';

beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation(() => undefined));
afterEach(() => jest.restoreAllMocks());

const BITS = {bits: 4};
const penalty = () => entropyPenalty({strength: 1e-5, ...BITS});

/** Learns a nonlinear rule of some of 30 inputs. */
function net(): tf.LayersModel {
  const layer = (units: number, seed: number, more: object) =>
    tf.layers.dense({name: `d${seed}`, units, kernelInitializer: tf.initializers.glorotUniform({seed}), ...more});
  const layers = [
    layer(80, 1, {inputShape: [30], activation: 'relu'}),
    layer(40, 2, {activation: 'relu'}),
    layer(3, 3, {}),
  ];
  const model = prunable(tf.sequential({name: 'net', layers}), {parametrizations: [quantizationAware(BITS)]});
  model.compile({optimizer: tf.train.adam(0.003), loss: 'meanSquaredError'});
  return model;
}

async function fit(
  model: tf.LayersModel,
  callbacks: tf.Callback | tf.Callback[],
  epochs = 30,
  initialEpoch = 0,
): Promise<tf.History> {
  const x = tf.randomNormal([512, 30], 0, 1, 'float32', 4);
  const y = tf.tidy(() => tf.maximum(tf.slice(x, [0, 0], [-1, 3]), tf.slice(x, [0, 5], [-1, 3])));
  const history = await model.fit(x, y, {
    epochs,
    initialEpoch,
    batchSize: 32,
    verbose: 0,
    shuffle: false,
    callbacks: [callbacks].flat(),
  });
  tf.dispose([x, y]);
  return history;
}

const bytesOf = async (model: tf.LayersModel) => (await modelSize(model, {bits: [4]})).compressed[0]!.bytes;

test('ends at the bytes that are asked for, estimates them on the way, and leaks nothing', async () => {
  const model = net();
  const first = await bytesOf(model);
  const target = Math.round(0.6 * first);
  const {history} = await fit(model, new ScheduledPenalty({penalty: penalty(), target: {bytes: target}}));
  expect(Math.abs((await bytesOf(model)) / target - 1)).toBeLessThan(0.06);
  expect(Math.abs((history['expectedBytes']!.at(-1) as number) / target - 1)).toBeLessThan(0.04);
  expect(history['loss']!.at(-1)).toBeLessThan(0.3);
  expect(history['loss']!.at(-1)).toBeLessThan(history['loss']![2] as number);
  const callback = new ScheduledPenalty({penalty: penalty(), target: {bytes: target}});
  await expectNoLeak(async () => void (await fit(model, callback, 1)));
});

test('counts the bytes of the file that is saved, of a Sequential and of a functional model', async () => {
  const input = tf.input({shape: [30]});
  const middle = tf.layers.dense({name: 'd1', units: 8}).apply(input) as tf.SymbolicTensor;
  const outputs = tf.layers.dense({name: 'd2', units: 3}).apply(middle) as tf.SymbolicTensor;
  const functional = prunable(tf.model({inputs: input, outputs}));
  functional.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
  const still = net();
  still.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
  for (const model of [still, functional]) {
    const bytes = await bytesOf(model);
    const callback = new ScheduledPenalty({penalty: penalty(), target: {bytes: 5 * bytes}});
    await fit(model, callback, 1);
    expect(console.warn).toHaveBeenLastCalledWith(expect.stringContaining(`the file has ${bytes} bytes instead of`));
  }
});

test('only one callback of a fit may have a target of bytes', async () => {
  const model = net();
  const before = await bytesOf(model);
  const of = (layers: string) => new ScheduledPenalty({penalty: penalty(), target: {bytes: 2500}, layers});
  await expect(fit(model, [of('d1'), of('d2')], 1)).rejects.toThrow(
    'ScheduledPenalty expects to be alone in a fit with a `target` of bytes, which are those of the whole file, but ' +
      'ScheduledPenalty before it has one, too',
  );
  expect(await bytesOf(model)).toBe(before);
  const steady = new ScheduledPenalty({penalty: penalty(), layers: 'd2'});
  await fit(model, [of('d1'), steady], 1);
});

test('goes on as if it had not stopped', async () => {
  const [one, other] = [net(), net()];
  const args = (): ScheduledPenaltyArgs => ({
    penalty: penalty(),
    target: {bytes: 1800},
    epochs: 6,
    batchesPerEpoch: 16,
  });
  const [whole, half, resumed] = [args(), args(), args()].map(each => new ScheduledPenalty(each));
  await fit(one, whole!, 6);
  await fit(other, half!, 3);
  await resumed!.restore(JSON.parse(JSON.stringify(await half!.state())) as CallbackState);
  await fit(other, resumed!, 6, 3);
  expect((await resumed!.state()).json).toEqual((await whole!.state()).json);
});

test.each([
  [700, '; train longer, or change what the penalty does not reach'],
  [9000, '; the loss asks for no more of them'],
])('says if the file has not %d bytes, and what to do', async (bytes, advice) => {
  await fit(net(), new ScheduledPenalty({penalty: penalty(), target: {bytes}}), 1);
  expect(console.warn).toHaveBeenCalledWith(
    expect.stringMatching(new RegExp(`^ScheduledPenalty: the file has \\d+ bytes instead of ${bytes}${advice}`)),
  );
});

test('refuses a target that zeros alone could not reach, and trains nothing', async () => {
  const model = net();
  const before = await bytesOf(model);
  const refused = fit(model, new ScheduledPenalty({penalty: penalty(), target: {bytes: 100}}), 1);
  await expect(refused).rejects.toThrow(/^ScheduledPenalty expects `target\.bytes` of at least \d{3}, which the file/);
  expect(await bytesOf(model)).toBe(before);
  // all but one layer takes more
  const some = new ScheduledPenalty({penalty: penalty(), target: {bytes: 700}, layers: 'd3'});
  await expect(fit(net(), some, 1)).rejects.toThrow(/of at least \d{4}, which the file/);
});

test.each([
  [{penalty: l1({strength: 1}), target: {bytes: 100}}, 'Expected a penalty on the size of the file'],
  [{penalty: penalty(), target: {bytes: 0.5}}, '`target.bytes` to be a whole number'],
  [{penalty: penalty(), target: {bytes: 100, bits: 4}}, 'Expected `target` to be {bytes}, got {bytes, bits}'],
  [{penalty: penalty(), target: {bytes: 100}, below: 1}, '`below`'],
])('refuses %j', (args, message) => {
  expect(() => new ScheduledPenalty(args)).toThrow(message);
});
