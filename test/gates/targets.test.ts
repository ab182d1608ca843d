import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  continuousSparsification,
  coupledChannels,
  differentiablePruning,
  dynamicThreshold,
  edgePopup,
  filters,
  hardConcrete,
  LearnedMasks,
  modelCost,
  prunable,
  scaleGates,
  shrink,
  softThreshold,
  sparsityReport,
  stripPruning,
  type DeclaredGate,
  type LearnedMasksArgs,
  type Structure,
} from 'tfjs-pruning';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {gatesIn} from '../support/gates.js';

const glorot = (seed: number) => ({kernelInitializer: tf.initializers.glorotUniform({seed})});

/** 600 weights, 10 of them without gates. */
function net(): tf.Sequential {
  const dense = (name: string, units: number, seed: number) =>
    tf.layers.dense({name, units, activation: 'relu', ...glorot(seed)});
  return tf.sequential({
    layers: [
      tf.layers.inputLayer({inputShape: [20]}),
      dense('a', 20, 1),
      dense('b', 9, 2),
      tf.layers.dense({name: 'out', units: 1, ...glorot(3)}),
    ],
  });
}

/** Trains a net on the sum of some inputs, in four steps an epoch. */
async function trained(gate: DeclaredGate, args: LearnedMasksArgs, structure?: Structure, epochs = 80) {
  const model = prunable(net(), {gate, layers: structure ? /a|b|out/ : /a|b/, ...(structure && {structure})});
  model.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
  const x = tf.randomNormal([32, 20], 0, 1, 'float32', 1);
  const y = tf.tidy(() => tf.sum(tf.slice(x, [0, 0], [32, 4]), 1, true));
  const callbacks = [new LearnedMasks(args)];
  const {history} = await model.fit(x, y, {batchSize: 8, epochs, verbose: 0, shuffle: false, callbacks});
  const last = (name: string) => (history[name] as number[]).at(-1)!;
  tf.dispose([x, y]);
  return {model, expected: last('expectedSparsity'), masked: last('sparsity'), history};
}

let said: jest.SpyInstance;
beforeEach(() => (said = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => said.mockRestore());

const within = (value: number, target: number, tolerance = 0.0101) =>
  expect(Math.abs(value - target)).toBeLessThan(tolerance);

test.each<[string, () => DeclaredGate]>([
  ['bernoulli', () => bernoulli()],
  ['continuousSparsification', () => continuousSparsification()],
  ['differentiablePruning', () => differentiablePruning()],
  ['dynamicThreshold', () => dynamicThreshold()],
  ['edgePopup', () => edgePopup()],
  ['hardConcrete', () => hardConcrete()],
  ['scaleGates', () => scaleGates()],
  ['softThreshold', () => softThreshold()],
])('%s lands within a point of a sparsity', async (_, gate) => {
  const {model, expected, masked} = await trained(gate(), {target: 0.8});
  within(expected, 0.8);
  within(masked, 0.8);
  const {layers} = await sparsityReport(stripPruning(model));
  const zeros = layers.slice(0, 2).reduce((sum, layer) => sum + layer.zeros, 0);
  within(zeros / 580, 0.8);
});

test('a schedule over the fit is followed', async () => {
  const target = polynomialDecay({finalSparsity: 0.6, initialSparsity: 0, beginStep: 0.1, endStep: 0.5, power: 1});
  const {masked, history} = await trained(bernoulli(), {target, endStep: 0.8});
  within(masked, 0.6);
  const curve = history['expectedSparsity'] as number[];
  within(curve[23]!, 0.3, 0.08); // in the middle of the ramp
});

test.each(['multiplyAdds', 'parameters'] as const)('a share of %s of the whole model', async quantity => {
  const {model, expected} = await trained(bernoulli(), {target: {[quantity]: 0.5}});
  within(expected, 0.5);
  const {total} = await sparsityReport(model);
  within(total.nonZeroMultiplyAdds / total.multiplyAdds, 0.5);
});

test('neurons: the shrunk model has the multiply-adds that the logs say', async () => {
  const {model, expected} = await trained(hardConcrete(), {target: {multiplyAdds: 0.5}}, coupledChannels());
  within(expected, 0.5, 0.06); // a neuron of 29 is 3 to 5 points
  const small = await shrink(stripPruning(model));
  const [before, after] = [modelCost(net()), modelCost(small)].map(({total}) => total.multiplyAdds);
  within(1 - after! / before!, expected, 0.01);
});

test('a strength, constant or by the step: more of it closes more, and a layer keeps a group', async () => {
  const open = async (strength: LearnedMasksArgs['strength']) => {
    const {model} = await trained(bernoulli(), {strength: strength!}, filters(), 30);
    return gatesIn(model).map(gate => [...gate.open().dataSync()].reduce((sum, z) => sum + z, 0));
  };
  const sum = (counts: number[]) => counts.reduce((a, b) => a + b);
  const [none, much] = [await open(0), await open(step => (step < 10 ? 0 : 5))];
  expect(sum(none)).toBe(30);
  expect(sum(much)).toBeLessThan(15);
  expect(Math.min(...much)).toBeGreaterThanOrEqual(1);
});

test('a target that is missed is said', async () => {
  await trained(hardConcrete({gateSpeed: 1}), {target: 0.8});
  const lines = said.mock.calls.flat().join();
  expect(lines).toMatch(/LearnedMasks: decided the gates with \d+\.\d% gone instead of 80\.0%; train longer/);
});
