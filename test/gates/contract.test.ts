import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  blocks,
  continuousSparsification,
  coupledChannels,
  differentiablePruning,
  dynamicThreshold,
  edgePopup,
  filters,
  hardConcrete,
  kernels,
  LearnedMasks,
  prunable,
  scaleGates,
  shrink,
  softThreshold,
  stripPruning,
  weights,
  type DeclaredGate,
  type Structure,
} from 'tfjs-pruning';
import {hardenGates} from '../../src/gates/harden-gates.js';
import {gatedLayers} from '../../src/gates/gated-layers.js';
import {distance, predict, saveAndLoad} from '../support/tensors.js';

const GATES: Record<string, () => DeclaredGate> = {
  bernoulli: () => bernoulli({dropRate: 0.4}),
  continuousSparsification: () => continuousSparsification({first: 0.01}),
  differentiablePruning: () => differentiablePruning(),
  dynamicThreshold: () => dynamicThreshold({per: 'layer', gateSpeed: 20}),
  edgePopup: () => edgePopup(),
  hardConcrete: () => hardConcrete({dropRate: 0.5}),
  scaleGates: () => scaleGates({below: 0.99}),
  softThreshold: () => softThreshold({first: -3}),
};

const STRUCTURES: Record<string, () => Structure> = {
  weights,
  filters: () => filters(),
  kernels: () => kernels(),
  blocks: () => blocks([2, 1]),
  coupledChannels: () => coupledChannels(),
};

const glorot = (n: number) => tf.initializers.glorotUniform({seed: n});
const noise = (n: number) => tf.initializers.randomUniform({minval: 0.2, maxval: 0.9, seed: n});

/** Two branches of convolutions and batch normalizations that are added, then a Dense layer. */
function net(): tf.LayersModel {
  const input = tf.input({shape: [6, 6, 2], name: 'x'});
  const conv = (name: string, n: number) =>
    tf.layers.conv2d({
      name,
      filters: 4,
      kernelSize: 3,
      padding: 'same',
      kernelInitializer: glorot(n),
      biasInitializer: noise(n),
    });
  const norm = (name: string, n: number) =>
    tf.layers.batchNormalization({
      name,
      gammaInitializer: noise(n),
      betaInitializer: noise(n + 1),
      movingMeanInitializer: noise(n + 2),
    });
  const relu = () => tf.layers.reLU();
  const run = (layers: tf.layers.Layer[], x: tf.SymbolicTensor) =>
    layers.reduce((t, layer) => layer.apply(t) as tf.SymbolicTensor, x);
  const left = run([conv('c1', 1), norm('n1', 11), relu(), conv('c2', 2), norm('n2', 12)], input);
  const right = run([conv('c3', 3)], input);
  const sum = tf.layers.add().apply([left, right]) as tf.SymbolicTensor;
  const out = run(
    [
      relu(),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({name: 'out', units: 2, kernelInitializer: glorot(4)}),
    ],
    sum,
  );
  return tf.model({inputs: input, outputs: out});
}

const data = () => ({
  x: tf.randomNormal([16, 6, 6, 2], 0, 1, 'float32', 1),
  y: tf.randomNormal([16, 2], 0, 1, 'float32', 2),
});

const compiled = <M extends tf.LayersModel>(model: M): M => {
  model.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
  return model;
};

const fit = (model: tf.LayersModel, callback: tf.Callback, epochs: number) => {
  const {x, y} = data();
  return model.fit(x, y, {batchSize: 8, epochs, verbose: 0, shuffle: false, callbacks: [callback]});
};

const PAIRS = Object.keys(GATES).flatMap(gate => Object.keys(STRUCTURES).map(structure => [gate, structure] as const));

let said: jest.SpyInstance;
beforeEach(() => (said = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => said.mockRestore());

describe.each(PAIRS)('%s of %s', (gate, structure) => {
  const gated = () => prunable(net(), {gate: GATES[gate]!(), structure: STRUCTURES[structure]!(), layers: /c/});

  test('is trained, decided, saved and taken out without changing an output', async () => {
    const model = compiled(gated());
    const {x} = data();
    await fit(model, new LearnedMasks({target: 0.5, endStep: 1, epochs: 20}), 3);
    const before = predict(model, x);
    const loaded = await saveAndLoad(model);
    expect(distance(predict(loaded, x), before)).toBe(0);
    const plain = stripPruning(model);
    expect(distance(predict(plain, x), before)).toBeLessThan(1e-5);
    const small = await shrink(model);
    expect(distance(predict(small, x), before)).toBeLessThan(1e-5);
    hardenGates(gatedLayers(model));
    expect(distance(predict(model, x), before)).toBeLessThan(1e-5);
    expect(distance(predict(stripPruning(model), x), before)).toBeLessThan(1e-5);
  });
});
