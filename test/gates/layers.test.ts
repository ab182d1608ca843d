import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  coupledChannels,
  declareGate,
  filters,
  hardConcrete,
  kernels,
  prunable,
  shrink,
  stripPruning,
  weights,
  type DeclaredGate,
  type Structure,
} from 'tfjs-pruning';
import {gatedLayers} from '../../src/gates/gated-layers.js';
import {hardenGates} from '../../src/gates/harden-gates.js';
import {gatesIn} from '../support/gates.js';
import {distance, predict, saveAndLoad} from '../support/tensors.js';

const {layers: L} = tf;
type Symbolic = tf.SymbolicTensor;

const between = (minval: number, maxval: number, seed: number) => tf.initializers.randomUniform({minval, maxval, seed});
const drawn = (seed: number) => ({kernelInitializer: between(-1, 1, seed), biasInitializer: between(0.2, 0.9, seed)});
const norm = (seed: number, args: Partial<Parameters<typeof L.batchNormalization>[0]> = {}) =>
  L.batchNormalization({
    gammaInitializer: between(0.5, 1.5, seed),
    betaInitializer: between(0.2, 0.9, seed + 1),
    movingMeanInitializer: between(0.2, 0.9, seed + 2),
    ...args,
  });
const conv = (name: string, filterCount: number, seed: number, args: object = {}) =>
  L.conv2d({name, filters: filterCount, kernelSize: 3, ...drawn(seed), ...args});
const out = () => L.dense({name: 'out', units: 2, ...drawn(50)});
const chain = (...parts: tf.layers.Layer[]) => tf.sequential({layers: parts});
const through = (x: Symbolic, ...parts: tf.layers.Layer[]) => parts.reduce((t, layer) => layer.apply(t) as Symbolic, x);
const IMAGE = {inputShape: [6, 6, 2]};

/** Two branches, joined, and what goes on from there. */
function branches(join: () => tf.layers.Layer, first: object = {}): tf.LayersModel {
  const x = tf.input({shape: [6, 6, 2]});
  const joined = join().apply([conv('a', 3, 1, first).apply(x), conv('b', 3, 3).apply(x)] as Symbolic[]) as Symbolic;
  const end = through(joined, norm(7), L.reLU(), conv('e', 3, 9), L.flatten(), out());
  return tf.model({inputs: x, outputs: end});
}

function usedTwice(): tf.LayersModel {
  const x = tf.input({shape: [6, 6, 3]});
  const shared = conv('a', 3, 1, {padding: 'same', activation: 'relu'});
  return tf.model({inputs: x, outputs: through(x, shared, shared, L.flatten(), out())});
}

const nested = () => chain(chain(conv('a', 4, 1, IMAGE), norm(2), L.reLU(), conv('b', 4, 3)), L.flatten(), out());

const STRUCTURES = {
  weights,
  filters: () => filters(),
  kernels: () => kernels(),
  coupledChannels: () => coupledChannels(),
};
const ALL: (keyof typeof STRUCTURES)[] = ['weights', 'filters', 'coupledChannels'];
const MOST: (keyof typeof STRUCTURES)[] = ['weights', 'filters'];

interface Net {
  readonly make: () => tf.LayersModel;
  readonly structures?: readonly (keyof typeof STRUCTURES)[];
  readonly layers?: RegExp;
}

const recurrentInitializer = tf.initializers.glorotUniform({seed: 4});
const depthwise = {depthwiseInitializer: between(-1, 1, 6), biasInitializer: between(0.2, 0.9, 7)};

const NETS: Record<string, Net> = {
  LSTM: {make: () => chain(L.lstm({units: 3, inputShape: [4, 2], ...drawn(1), recurrentInitializer}), out())},
  GRU: {make: () => chain(L.gru({units: 3, inputShape: [4, 2], ...drawn(1), recurrentInitializer}), out())},
  Bidirectional: {
    make: () => {
      const layer = L.lstm({units: 3, ...drawn(1), recurrentInitializer});
      return chain(L.bidirectional({layer, mergeMode: 'concat', inputShape: [4, 2]}), out());
    },
  },
  'TimeDistributed Dense': {
    make: () => {
      const layer = L.dense({units: 3, activation: 'relu', ...drawn(1)});
      return chain(L.timeDistributed({layer, inputShape: [4, 2]}), L.flatten(), out());
    },
  },
  'separable and depthwise convolutions': {
    make: () =>
      chain(
        L.separableConv2d({
          filters: 3,
          kernelSize: 3,
          depthwiseInitializer: between(-1, 1, 1),
          pointwiseInitializer: between(-1, 1, 2),
          biasInitializer: 'ones',
          activation: 'relu',
          ...IMAGE,
        }),
        L.depthwiseConv2d({kernelSize: 3, ...depthwise, activation: 'relu'}),
        L.flatten(),
        out(),
      ),
  },
  'a mobile block': {
    make: () =>
      chain(
        conv('a', 4, 1, IMAGE),
        norm(2),
        L.reLU(),
        L.depthwiseConv2d({name: 'b', kernelSize: 3, ...depthwise}),
        norm(6),
        L.reLU(),
        conv('c', 3, 10, {kernelSize: 1}),
        L.globalAveragePooling2d({}),
        out(),
      ),
  },
  'kernels of convolutions': {
    make: () => chain(conv('a', 4, 1, IMAGE), norm(2), L.reLU(), conv('b', 3, 5), L.flatten(), out()),
    structures: ['kernels'],
    layers: /^(a|b)$/,
  },
  Embedding: {
    make: () => {
      const words = L.embedding({inputDim: 5, outputDim: 4, inputLength: 3, embeddingsInitializer: between(-1, 1, 8)});
      return chain(words, L.conv1d({filters: 3, kernelSize: 2, activation: 'relu', ...drawn(2)}), L.flatten(), out());
    },
  },
  ConvLSTM2D: {
    make: () => {
      const args = {filters: 3, kernelSize: 2, inputShape: [2, 4, 4, 2], ...drawn(1), recurrentInitializer};
      return chain(L.convLstm2d(args), L.flatten(), out());
    },
  },
  'activations that make something else of 0': {
    make: () =>
      chain(
        conv('a', 4, 1, {...IMAGE, activation: 'sigmoid'}),
        conv('b', 3, 4, {activation: 'sigmoid'}),
        L.flatten(),
        out(),
      ),
  },
  'a normalization without a scale': {
    make: () => chain(conv('a', 4, 1, IMAGE), norm(2, {scale: false}), L.reLU(), conv('b', 3, 4), L.flatten(), out()),
  },
  'no biases': {
    make: () => chain(conv('a', 4, 1, {...IMAGE, useBias: false}), norm(2), L.reLU(), L.flatten(), out()),
  },
  'a normalization behind a relu': {
    make: () => chain(L.dense({units: 4, inputShape: [3], activation: 'relu', ...drawn(1)}), norm(2), out()),
  },
  'a normalization behind a sum': {make: () => branches(() => L.add())},
  'a concatenation': {make: () => branches(() => L.concatenate())},
  'a concatenation with a frozen branch': {make: () => branches(() => L.concatenate(), {trainable: false})},
  'a shared layer': {make: usedTwice, structures: MOST},
  'a nested model': {make: nested, structures: MOST},
  'channels within a nested model': {make: nested, layers: /a$/, structures: ['coupledChannels']},
  'channels first': {
    make: () => {
      const dataFormat = 'channelsFirst' as const;
      const first = conv('a', 4, 1, {inputShape: [2, 6, 6], dataFormat});
      return chain(first, norm(2, {axis: 1}), L.reLU(), L.flatten({dataFormat}), out());
    },
    structures: MOST, // tf.js scales wrong channels then: these are kept
  },
  'transposed convolutions': {
    make: () => {
      const up = L.conv2dTranspose({filters: 4, kernelSize: 3, inputShape: [3, 3, 2], ...drawn(1)});
      return chain(up, norm(2), L.reLU(), L.flatten(), out());
    },
  },
};

/** Closes some gates, leaves some half open, and opens others. */
function setGates(model: tf.LayersModel, cycle = [-5, 0.4, 5, -5, -0.4]): void {
  let i = 0;
  for (const {
    auxiliary: [first],
    count,
  } of gatesIn(model)) {
    const values = Float32Array.from({length: count}, () => cycle[i++ % cycle.length]!);
    tf.tidy(() => void first!.variable.write(tf.tensor(values, first!.variable.shape as number[])));
  }
}

function inputsOf(model: tf.LayersModel, isText: boolean): tf.Tensor {
  if (isText) return tf.tensor([[0, 1, 2], [3, 4, 0]]); // prettier-ignore
  return tf.randomNormal([4, ...(model.inputs[0]!.shape.slice(1) as number[])], 0, 1, 'float32', 3);
}

const soft = (): DeclaredGate => hardConcrete({gateSpeed: 1});

let said: jest.SpyInstance;
beforeEach(() => (said = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => said.mockRestore());

const ROWS = Object.entries(NETS).flatMap(([name, {structures = ALL}]) => structures.map(one => [name, one] as const));

test.each(ROWS)('%s, gates of %s: the same outputs saved, stripped, shrunk, and decided', async (name, structure) => {
  const {make, layers} = NETS[name]!;
  const model = prunable(make(), {gate: soft(), structure: STRUCTURES[structure](), ...(layers && {layers})});
  setGates(model);
  const x = inputsOf(model, name === 'Embedding');
  const before = predict(model, x);
  const expectEqual = (other: tf.LayersModel) => expect(distance(predict(other, x), before)).toBeLessThan(1e-4);
  expectEqual(await saveAndLoad(model));
  const [plain, small] = [stripPruning(model), await shrink(model)];
  expectEqual(plain);
  expectEqual(small);
  hardenGates(gatedLayers(model));
  expectEqual(model);
  expectEqual(stripPruning(model));
  expectEqual(await saveAndLoad(model));
  expectEqual(await shrink(stripPruning(model)));
});

const convNormRelu = (structure: Structure, layers: RegExp) =>
  prunable(chain(conv('a', 4, 1, IMAGE), norm(2), L.reLU({name: 'relu'}), L.flatten(), out()), {
    gate: soft(),
    structure,
    layers,
  });

test.each<[string, Structure, RegExp]>([
  ['filters', filters(), /a/],
  ['coupledChannels', coupledChannels(), /./],
])('a gate of 0 gives an output of 0 behind the normalization, by %s', async (_, structure, layers) => {
  const model = convNormRelu(structure, layers);
  setGates(model, [-20, 20, -20, 20]);
  const maps = tf.model({inputs: model.inputs, outputs: model.getLayer('relu').output});
  for (const gate of gatesIn(model)) await gate.drive({step: 0, progress: 0, sparsity: undefined});
  for (const training of [false, true]) {
    const sizes = tf.unstack(maps.apply(inputsOf(model, false), {training}) as tf.Tensor, 3).map(map => {
      return tf.max(tf.abs(map)).dataSync()[0]!;
    });
    expect([sizes[0], sizes[2]]).toEqual([0, 0]);
    expect(Math.min(sizes[1]!, sizes[3]!)).toBeGreaterThan(0);
  }
});

test('batch normalizations carry the gate in place of the kernel before them', () => {
  const model = convNormRelu(filters(), /a/);
  const tensors = gatedLayers(model).flatMap(({gatedTensors}) => gatedTensors);
  const multiplied = tensors.filter(({config}) => config.multiplies).map(({variable}) => variable.originalName);
  expect(multiplied.map(name => name.split('/').at(-1))).toEqual(['gamma', 'beta']);
});

test.each<[string, tf.layers.Layer, boolean]>([
  ['dropout, which keeps zeros', L.dropout({rate: 0.5}), false],
  ['noise, which moves them', L.gaussianNoise({stddev: 1}), true],
  ['alpha dropout, which moves them', L.alphaDropout({rate: 0.5}), true],
])('behind %s, what takes a channel in is multiplied only if it must be', (_, between, multiplies) => {
  const relu = {activation: 'relu', useBias: false};
  const net = chain(conv('a', 3, 1, {...IMAGE, ...relu}), between, conv('b', 3, 4), L.flatten(), out());
  const model = prunable(net, {gate: soft(), structure: coupledChannels()});
  const takes = gatedLayers(model)
    .find(({name}) => name === 'b')!
    .gatedTensors.find(({config}) => config.role === 'takes')!;
  expect(takes.config.multiplies).toBe(multiplies);
});

test('gates are computed once in a training pass, and reach the gradient from every layer that has them', async () => {
  const calls: string[] = [];
  const counted = declareGate('CountedGate', () => ({name}, addVariable) => {
    const factors = addVariable('factors', {initializer: tf.initializers.constant({value: 0.8})});
    const values = ({training}: {training: boolean}) => {
      if (training) calls.push(name);
      return tf.square(factors.read());
    };
    return {values};
  });
  // a sigmoid makes something of a closed channel, so that b multiplies by the gates of a, too
  const net = chain(conv('a', 2, 1, {...IMAGE, activation: 'sigmoid'}), conv('b', 2, 4), L.flatten(), out());
  const model = prunable(net, {gate: counted({}), structure: coupledChannels()});
  const x = inputsOf(model, false);
  const gates = gatesIn(model);
  for (const gate of gates) await gate.drive({step: 0, progress: 0, sparsity: undefined});
  const {variable} = gates[0]!.auxiliary[0]!;
  const loss = () => tf.sum(model.apply(x, {training: true}) as tf.Tensor).asScalar();
  const slope = () =>
    tf.tidy(() => [...tf.variableGrads(loss, [variable.read() as tf.Variable]).grads[variable.name]!.dataSync()]);
  const tensors = tf.memory().numTensors;
  const first = slope();
  expect(calls).toEqual(gates.map(({weight}) => weight.name));
  expect(slope()).toEqual(first); // a pass of its own
  expect(calls).toHaveLength(2 * gates.length);
  gates.forEach(gate => gate.stepEnd());
  expect(tf.memory().numTensors).toBe(tensors);
  const at = (by: number) =>
    tf.tidy(() => {
      variable.write(tf.tensor([0.8 + by, 0.8], variable.shape as number[]));
      return loss().dataSync()[0]!;
    });
  expect(first[0]).toBeCloseTo((at(0.05) - at(-0.05)) / 0.1, 2);
});

test('channels over nested models are refused', () => {
  const over = () => prunable(nested(), {gate: soft(), structure: coupledChannels()});
  expect(over).toThrow(/"out\/kernel" shares gates with "b\/kernel", which is in another of the models .* nested/);
});

test.each(['lstm', 'gru', 'bidirectional'])('%s draws one sample a step, not one a time step', async kind => {
  const units = {units: 3, returnSequences: true, inputShape: [6, 2]};
  const layer = {
    lstm: () => L.lstm(units),
    gru: () => L.gru(units),
    bidirectional: () => L.bidirectional({layer: L.lstm(units), inputShape: [6, 2]}),
  }[kind]!();
  const model = prunable(chain(layer), {gate: bernoulli({dropRate: 0.5})});
  const gates = gatesIn(model);
  const run = async (step: number) => {
    for (const gate of gates) await gate.drive({step, progress: 0, sparsity: undefined});
    return model.apply(tf.ones([1, 6, 2]), {training: true}) as tf.Tensor;
  };
  const calls = gates.map(gate => jest.spyOn(gate, 'values'));
  const first = await run(3);
  calls.forEach(spy => expect(spy.mock.calls).toHaveLength(1));
  expect(distance(await run(3), first)).toBe(0);
  expect(distance(await run(4), first)).toBeGreaterThan(0);
});

test('frozen layers are left alone unless named', () => {
  const net = () => chain(conv('a', 3, 1, {...IMAGE, trainable: false}), L.flatten(), out());
  expect(gatesIn(prunable(net(), {gate: soft()})).map(({weight}) => weight.name)).toEqual(['out/kernel']);
  expect(gatesIn(prunable(net(), {gate: soft(), layers: 'a'})).map(({weight}) => weight.name)).toEqual(['a/kernel']);
});

test('models loaded from the same file have gates of their own', async () => {
  const model = prunable(nested(), {gate: soft(), structure: filters()});
  const [a, b] = [await saveAndLoad(model), await saveAndLoad(model)];
  const x = inputsOf(model, false);
  const before = predict(a, x);
  setGates(b, [-9]);
  expect(distance(predict(a, x), before)).toBe(0);
  expect(distance(predict(b, x), before)).toBeGreaterThan(0.01);
});
