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
  gateReport,
  grasp,
  hardConcrete,
  LearnedMasks,
  nOfM,
  prunable,
  PruneAtInitialization,
  pruneOnce,
  recalibrateBatchNorm,
  scaleGates,
  shiftConvolutions,
  shifts,
  shrink,
  softThreshold,
  startTraining,
  stripPruning,
  tapAttention,
  type DeclaredGate,
  type LearnedMasksArgs,
  type Structure,
} from 'tfjs-pruning';
import {BackupAndRestore} from 'tfjs-pruning/callbacks';
import {constantSparsity, polynomialDecay} from 'tfjs-pruning/schedules';
import {gatesIn} from '../support/gates.js';
import {wrapper, zerosIn} from '../support/masks.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

const glorot = (seed: number) => ({kernelInitializer: tf.initializers.glorotUniform({seed})});

/** A convolution, its batch normalization, and two Dense layers. */
function net(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({name: 'conv', filters: 4, kernelSize: 3, inputShape: [5, 5, 2], ...glorot(1)}),
      tf.layers.batchNormalization({name: 'norm', betaInitializer: tf.initializers.constant({value: 0.3})}),
      tf.layers.reLU(),
      tf.layers.flatten(),
      tf.layers.dense({name: 'hidden', units: 6, activation: 'relu', ...glorot(2)}),
      tf.layers.dense({name: 'out', units: 2, ...glorot(3)}),
    ],
  });
}

const adam = () => tf.train.adam(0.01);

function compiled<M extends tf.LayersModel>(model: M, optimizer: tf.Optimizer | string = adam()): M {
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

const gated = (gate: DeclaredGate = hardConcrete(), structure?: Structure, layers: RegExp = /conv|hidden/) =>
  prunable(net(), {gate, layers, ...(structure && {structure})});

let x: tf.Tensor;
let y: tf.Tensor;
beforeAll(() => {
  x = tf.randomNormal([16, 5, 5, 2], 0, 1, 'float32', 1);
  y = tf.randomNormal([16, 2], 0, 1, 'float32', 2);
});

/** Four batches an epoch. */
const fit = (model: tf.LayersModel, callbacks: AnyCallback[], epochs = 2, args: tf.ModelFitArgs = {}) =>
  model.fit(x, y, {batchSize: 4, epochs, verbose: 0, shuffle: false, callbacks: callbacks as tf.Callback[], ...args});

type AnyCallback = tf.Callback | tf.CustomCallback;

const values = (model: tf.LayersModel) => model.getWeights().map(weight => [...weight.dataSync()]);

let said: jest.SpyInstance;
beforeEach(() => (said = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => said.mockRestore());

const GATES: Record<string, {gate: () => DeclaredGate; args?: LearnedMasksArgs}> = {
  bernoulli: {gate: () => bernoulli({dropRate: 0.3})},
  continuousSparsification: {gate: () => continuousSparsification()},
  differentiablePruning: {gate: () => differentiablePruning()},
  dynamicThreshold: {gate: () => dynamicThreshold()},
  edgePopup: {gate: () => edgePopup()},
  hardConcrete: {gate: () => hardConcrete({dropRate: 0.3})},
  scaleGates: {gate: () => scaleGates()},
  softThreshold: {gate: () => softThreshold({first: -3})},
  'softThreshold with a leak': {gate: () => softThreshold({first: -3, leak: 0.5})},
};

/** A place for backups. */
function memory() {
  let kept: tf.io.ModelArtifacts | undefined;
  return {
    save: (artifacts: tf.io.ModelArtifacts) => {
      kept = structuredClone(artifacts);
      return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}} as const);
    },
    load: () => Promise.resolve(kept as tf.io.ModelArtifacts),
  };
}

/** Ends a fit with an error before some batch, counted over all epochs. */
const crashAt = (at: number) => {
  let batches = 0;
  return new tf.CustomCallback({
    onBatchBegin: () => (batches++ === at ? Promise.reject(new Error('crashed')) : Promise.resolve()),
  });
};

describe.each(Object.entries(GATES))('%s', (_, {gate}) => {
  test('stopped in the middle of an epoch and resumed, trains on as if it had not been', async () => {
    const plan = () => new LearnedMasks({target: 0.5, endStep: 0.6, epochs: 3});
    const whole = compiled(gated(gate()));
    await fit(whole, [plan()], 3);
    const place = memory();
    const run = async (...more: AnyCallback[]) => {
      const [backup, pruning] = [new BackupAndRestore(place, {every: 1}), plan()];
      const {model, initialEpoch} = await backup.restore(() => compiled(gated(gate())), [pruning]);
      await fit(model, [pruning, ...more, backup], 3, {initialEpoch});
      return model;
    };
    await expect(run(crashAt(6))).rejects.toThrow('crashed'); // before gates are decided
    await expect(run(crashAt(3))).rejects.toThrow('crashed'); // after it
    const model = await run();
    expect(gatesIn(model).every(({isHard}) => isHard)).toBe(true);
    expect(values(model)).toEqual(values(whole));
  });

  test('when decided, is constant: fine-tuning moves no output of what is closed', async () => {
    const model = compiled(gated(gate(), filters()));
    await fit(model, [new LearnedMasks({target: 0.5, endStep: 0.5, epochs: 4})], 4);
    const gates = gatesIn(model);
    expect(gates.every(({isHard}) => isHard)).toBe(true);
    const decided = gates.map(each => [...each.values(false).dataSync()]);
    decided.flat().forEach(value => expect([0, 1]).toContain(value));
    const masks = wrappers(model).map(weight => [...weight.mask.read().dataSync()]);
    const kernels = wrappers(model).map(weight => [...weight.kernel.read().dataSync()]);
    await fit(model, [], 1);
    expect(gates.map(each => [...each.values(false).dataSync()])).toEqual(decided);
    expect(gates.map(each => [...each.values(true).dataSync()])).toEqual(decided);
    expect(wrappers(model).map(weight => [...weight.mask.read().dataSync()])).toEqual(masks);
    const tuned = wrappers(model).map(weight => [...weight.kernel.read().dataSync()]);
    expect(tuned).not.toEqual(kernels);
    expect(distance(predict(stripPruning(model), x), predict(model, x))).toBeLessThan(1e-5);
    expect(distance(predict(await shrink(stripPruning(model)), x), predict(model, x))).toBeLessThan(1e-4);
    expect(said.mock.calls.flat().filter(line => !/LearnedMasks|shrink/.test(String(line)))).toEqual([]);
  });

  test('leaks nothing over fits, nor over steps', async () => {
    const model = compiled(gated(gate()));
    const run = () => fit(model, [new LearnedMasks({target: 0.5, endStep: 1, epochs: 1})], 1);
    const counts: number[] = [];
    await fit(
      model,
      [
        new LearnedMasks({target: 0.5, endStep: 0.5, epochs: 4}),
        new tf.CustomCallback({onEpochEnd: () => Promise.resolve(void counts.push(tf.memory().numTensors))}),
      ],
      4,
    );
    expect(counts[1]).toBe(counts[0]); // before gates are decided
    expect(counts[3]).toBe(counts[2]); // after it
    await expectNoLeak(async () => void (await run()));
  });
});

const wrappers = (model: tf.LayersModel) => ['conv', 'hidden'].map(name => wrapper(model, name).maskedWeights[0]!);

describe('without LearnedMasks', () => {
  test('other methods say so', async () => {
    const model = compiled(gated());
    const pruning = new PruneAtInitialization({sparsity: 0.5, criterion: grasp(), observedBatches: 1});
    await expect(fit(model, [pruning])).rejects.toThrow('are trained by LearnedMasks');
  });

  test('the first training call throws, and evaluation goes on', async () => {
    const model = compiled(gated());
    const before = predict(model, x);
    const message = 'The gates of "conv/kernel" (HardConcrete) are trained by LearnedMasks; add it to the callbacks';
    await expect(fit(model, [])).rejects.toThrow(message);
    await expect(model.trainOnBatch(x, y)).rejects.toThrow(message);
    await recalibrateBatchNorm(gated(), {data: [{xs: x, ys: y}]});
    expect(distance(predict(model, x), before)).toBe(0);
  });

  test('another fit fails after one that failed, and leaves no cost', async () => {
    const model = compiled(gated());
    const failing = new tf.CustomCallback({onBatchEnd: () => Promise.reject(new Error('oops'))});
    await expect(fit(model, [new LearnedMasks({target: 0.5}), failing])).rejects.toThrow('oops');
    expect(model.calculateLosses()).toEqual([]);
    await expect(fit(model, [])).rejects.toThrow('are trained by LearnedMasks');
    await fit(model, [new LearnedMasks({target: 0.5})]);
    expect(gatesIn(model).every(({isHard}) => isHard)).toBe(true);
  });
});

test.each<[string, DeclaredGate, Structure | undefined, LearnedMasksArgs]>([
  ['hardConcrete', hardConcrete(), filters(), {target: 0.5}],
  ['bernoulli', bernoulli(), undefined, {strength: 0.1}],
  ['continuousSparsification', continuousSparsification(), undefined, {target: 0.5}],
  ['softThreshold', softThreshold(), undefined, {target: 0.5}],
  ['dynamicThreshold', dynamicThreshold(), undefined, {target: 0.5}],
  ['differentiablePruning', differentiablePruning(), undefined, {target: 0.5}],
  ['scaleGates', scaleGates(), filters(), {target: 0.5}],
  ['tapAttention', tapAttention(), undefined, {}],
])(
  '%s: a training that diverges is an error that names a weight, and decides nothing',
  async (_, gate, structure, args) => {
    const model = compiled(gated(gate, structure, /conv/), tf.train.sgd(1e30));
    await expect(fit(model, [new LearnedMasks(args)])).rejects.toThrow(
      'Expected finite weights and gates of "conv/kernel", got NaN or infinity',
    );
    expect(gatesIn(model).some(({isHard}) => isHard)).toBe(false);
    expect([...wrapper(model, 'conv').maskedWeights[0]!.mask.read().dataSync()].every(one => one === 1)).toBe(true);
  },
);

test('a report of gates that are not finite is refused', async () => {
  const model = gated();
  const {variable} = gatesIn(model)[0]!.auxiliary[0]!;
  variable.write(tf.fill(variable.shape as number[], NaN));
  await expect(gateReport(model)).rejects.toThrow('"conv/kernel", got NaN');
});

test.each<[string, DeclaredGate]>([
  ['differentiablePruning', differentiablePruning()],
  ['edgePopup', edgePopup()],
])('%s keeps a group where all are equal', async (_, gate) => {
  const layer = tf.layers.dense({name: 'd', units: 4, inputShape: [3], kernelInitializer: 'ones'});
  const model = prunable(tf.sequential({layers: [layer]}), {gate});
  const own = gatesIn(model)[0]!;
  const scores = own.auxiliary.find(({variable}) => variable.originalName.endsWith('scores'))?.variable;
  scores?.write(tf.ones(scores.shape as number[]));
  await own.drive({step: 1, progress: 1, sparsity: 0.5});
  expect(tf.tidy(() => tf.sum(own.open()).dataSync()[0])).toBeGreaterThanOrEqual(1);
});

test('a batch normalization that only carries gates is not called frozen', async () => {
  await pruneOnce(gated(hardConcrete(), filters()), {sparsity: 0.5});
  expect(said).not.toHaveBeenCalled();
});

test('evaluation in the middle of training is final: no noise', async () => {
  const model = compiled(gated(bernoulli({dropRate: 0.5})));
  const differences: number[] = [];
  const watching = new tf.CustomCallback({
    onBatchEnd: () => {
      const [a, b] = [0, 1].map(() => (model.evaluate(x, y) as tf.Scalar).dataSync()[0]!);
      differences.push(a! - b!);
      return Promise.resolve();
    },
  });
  await fit(model, [new LearnedMasks({target: 0.5}), watching]);
  expect(differences).toEqual(differences.map(() => 0));
});

test.each<[string, () => tf.Optimizer]>([
  ['sgd', () => tf.train.sgd(0.05)],
  ['adam', adam],
])('saved with its optimizer (%s) and loaded, a model goes on as if it had not been', async (_, optimizer) => {
  const build = () => compiled(gated(hardConcrete({gateSpeed: 2})), optimizer());
  const [whole, first] = [build(), build()];
  const callbacks = [whole, first].map(() => new LearnedMasks({target: 0.5, endStep: 0.75, epochs: 4}));
  await fit(whole, [callbacks[0]!], 2);
  await fit(whole, [callbacks[0]!], 4, {initialEpoch: 2});
  await fit(first, [callbacks[1]!], 2);
  const loaded = await saveAndLoad(first, true);
  await fit(loaded, [callbacks[1]!], 4, {initialEpoch: 2});
  expect(values(loaded)).toEqual(values(whole));
});

test('there are as many tensors after 1000 steps', async () => {
  const layer = tf.layers.dense({name: 'd', units: 2, inputShape: [2]});
  const model = compiled(prunable(tf.sequential({layers: [layer]}), {gate: hardConcrete(), structure: filters()}));
  const counts: number[] = [];
  const counting = new tf.CustomCallback({
    onEpochEnd: () => Promise.resolve(void counts.push(tf.memory().numTensors)),
  });
  const [a, b] = [tf.ones([50, 2]), tf.ones([50, 2])];
  const callbacks = [new LearnedMasks({target: 0.5, endStep: 0.6}), counting] as tf.Callback[];
  await model.fit(a, b, {epochs: 20, batchSize: 1, verbose: 0, shuffle: false, callbacks});
  expect(new Set(counts.slice(0, 11)).size).toBe(1);
  expect(new Set(counts.slice(12)).size).toBe(1);
});

test('setWeights carries what is decided', async () => {
  const [a, b] = [compiled(gated()), compiled(gated(hardConcrete({seed: 4})))];
  await fit(a, [new LearnedMasks({target: 0.5, endStep: 0.5})]);
  b.setWeights(a.getWeights());
  expect(gatesIn(b).every(({isHard}) => isHard)).toBe(true);
  expect(distance(predict(b, x), predict(a, x))).toBe(0);
  const before = values(a);
  a.setWeights(a.getWeights());
  expect(values(a)).toEqual(before);
});

test('logs say what would be gone, then what is', async () => {
  const model = compiled(gated(edgePopup(), undefined, /hidden/));
  const target = constantSparsity({targetSparsity: 0.25, beginStep: 0, endStep: 1});
  const {history} = await fit(model, [new LearnedMasks({target, endStep: 0.75})], 4);
  expect(history['expectedSparsity']).toEqual([0.25, 0.25, 0.25, 0.25]);
  expect(history['sparsity']).toEqual([0, 0, 0.25, 0.25]);
  expect(zerosIn(wrapper(model, 'hidden').maskedWeights[0]!)).toBe(54);
});

test('a model that is decided is shrunk with its training, and trains on', async () => {
  const model = compiled(gated(hardConcrete(), coupledChannels(), /./));
  gatesIn(model).forEach(({auxiliary: [first], count}) => {
    const logits = Float32Array.from({length: count}, (_, i) => (i % 2 === 0 ? 1 : -1));
    tf.tidy(() => void first!.variable.write(tf.tensor(logits, first!.variable.shape as number[])));
  });
  await fit(model, [new LearnedMasks({target: {multiplyAdds: 0.4}, endStep: 0.5})]);
  const small = await shrink(model);
  expect(distance(predict(small, x), predict(model, x))).toBeLessThan(1e-4);
  expect(small.countParams()).toBeLessThan(model.countParams() / 2);
  await fit(small, [], 1);
});

test('taps are learned, and shifted', async () => {
  const model = compiled(gated(tapAttention({shared: true}), undefined, /conv/));
  await fit(model, [new LearnedMasks({endStep: 0.5})]);
  expect(zerosIn(wrapper(model, 'conv').maskedWeights[0]!)).toBe(64); // 8 of 9 taps
  const fast = await shiftConvolutions(stripPruning(model));
  expect(distance(predict(fast, x), predict(model, x))).toBeLessThan(1e-4);
});

test('windows of one tap keep it', () => {
  const layer = tf.layers.conv2d({name: 'c', filters: 2, kernelSize: 1, inputShape: [3, 3, 2]});
  const model = prunable(tf.sequential({layers: [layer]}), {gate: tapAttention()});
  expect([...gatesIn(model)[0]!.open().dataSync()]).toEqual([1, 1, 1, 1]);
});

test('gates are put on layers one after the other, but once on each', async () => {
  const one = gated(hardConcrete(), filters(), /conv/);
  const two = prunable(one, {gate: bernoulli(), layers: 'hidden'});
  expect(gatesIn(two).map(({weight}) => weight.name)).toEqual(['conv/kernel', 'hidden/kernel']);
  expect(distance(predict(two, x), predict(one, x))).toBeLessThan(1e-6);
  await fit(compiled(two), [new LearnedMasks({target: 0.5})]);
  const again = () => prunable(two, {gate: hardConcrete(), layers: 'hidden'});
  expect(again).toThrow('Expected layers without gates, but "hidden" has some; choose others by `layers`');
  expect(() => prunable(two, {gate: hardConcrete()})).toThrow('Expected layers without gates, but "conv"');
});

test("they are trained in a loop of one's own", async () => {
  const model = gated(hardConcrete(), filters());
  const optimizer = adam();
  const callbacks = [new LearnedMasks({target: 0.5, endStep: 0.5, batchesPerEpoch: 4})];
  const training = await startTraining(model, callbacks, {optimizer, epochs: 2, batchesPerEpoch: 4});
  for (let epoch = 0; epoch < 2; epoch++) {
    await training.epochBegin();
    for (let batch = 0; batch < 4; batch++) {
      await training.batchBegin();
      const loss = () => tf.losses.meanSquaredError(y, model.apply(x, {training: true}) as tf.Tensor);
      optimizer.minimize(() => tf.tidy(() => tf.add(loss(), training.penalty())));
      await training.batchEnd();
    }
    await training.epochEnd();
  }
  await training.end();
  expect(gatesIn(model).every(({isHard}) => isHard)).toBe(true);
});

describe('refused are', () => {
  const wrongModels: [string, () => unknown, RegExp][] = [
    [
      'n of m',
      () => gated(hardConcrete(), nOfM(2, 4), /hidden/),
      /groups can be closed one by one, but that of "hidden\/kernel" must keep some/,
    ],
    ['shifts', () => gated(hardConcrete(), shifts(), /conv/), /groups can be closed one by one.*use filters\(\)/],
    ['taps of a Dense layer', () => gated(tapAttention(), undefined, /hidden/), /expects single weights of conv/],
    ['taps of filters', () => gated(tapAttention(), filters(), /conv/), /expects single weights of conv/],
    ['thresholds of outputs that groups cross', () => gated(dynamicThreshold(), blocks([1, 2])), /within outputs/],
    ['a gate that was not called', () => prunable(net(), {gate: hardConcrete as never}),
      /got the function hardConcrete; call it: hardConcrete\(\)/], // prettier-ignore
    ['no gate', () => prunable(net(), {gate: 3 as never}), /`gate` to be gates such as hardConcrete\(\), got 3/],
    ['a structure alone', () => prunable(net(), {structure: filters()}), /no `structure` without `gate`/],
    ['no structure', () => gated(hardConcrete(), 3 as never), /`structure` to be a function/],
    ['a single layer', () => prunable(tf.layers.dense({units: 3}), {gate: hardConcrete()}), /no `gate` with a single/],
    ['a wrapper inside a layer', () => {
      const layer = tf.layers.timeDistributed({layer: prunable(tf.layers.dense({units: 3})), inputShape: [3, 2]});
      return prunable(tf.sequential({layers: [layer]}), {gate: hardConcrete()});
    }, /wrappers around whole layers, but "time_distributed.*has one inside/], // prettier-ignore
  ];

  test.each(wrongModels)('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });

  test('without leaving tensors behind', async () => {
    const plain = net();
    await expectNoLeak(() => {
      expect(() => prunable(plain, {gate: tapAttention(), layers: /conv|hidden/})).toThrow('expects single weights');
    });
  });

  test.each<[string, () => tf.LayersModel, LearnedMasksArgs, RegExp]>([
    ['a target and a strength', () => gated(), {target: 0.5, strength: 1}, /exactly one of `target`, `strength`/],
    ['neither', () => gated(), {}, /exactly one of `target`, `strength`, got none/],
    ['a strength of gates without', () => gated(edgePopup()), {strength: 1}, /follow a sparsity by themselves/],
    ['their cost', () => gated(edgePopup()), {target: {multiplyAdds: 0.5}}, /follow a sparsity by themselves/],
    ['a target of taps', () => gated(tapAttention(), undefined, /conv/), {target: 0.5}, /no `target` with gates that/],
    ['a wrong strength', () => gated(), {strength: () => -1}, /`strength\(0\)` to be a number >= 0, got -1/],
    ['a model without gates', () => prunable(net()), {target: 0.5}, /expects a model with gates, but .* has none/],
    ['frozen gates', () => {
      const model = gated();
      model.getLayer('hidden').trainable = false;
      return model;
    }, {target: 0.5}, /can't train the gates of "hidden", since the layer is frozen/], // prettier-ignore
  ])('%s', async (_, make, args, message) => {
    await expect(fit(compiled(make()), [new LearnedMasks(args)])).rejects.toThrow(message);
  });

  test.each<[LearnedMasksArgs, RegExp]>([
    [{target: 1}, /`target` to be a number in \[0, 1\), got 1/],
    [{target: {multiplyAdds: 1}}, /`target.multiplyAdds` to be the fraction that is left, in \(0, 1\), got 1/],
    [{target: {bytes: 0.5} as never}, /a schedule, {multiplyAdds: left} or {parameters: left}, got {bytes}/],
    [{target: {multiplyAdds: 0.5, parameters: 0.5}}, /a sparsity, a schedule, {multiplyAdds: left}/],
    [{target: polynomialDecay({finalSparsity: 0.5, endStep: 20})}, /a schedule in fractions of the fit.*ends at 20/],
    [{strength: -1}, /`strength` to be a number >= 0, got -1/],
    [{endStep: 0}, /`endStep` to be a number in .*, got 0/],
    [{endStep: 1.1}, /`endStep` to be a number in .*, got 1.1/],
  ])('%j', (args, message) => {
    expect(() => new LearnedMasks(args)).toThrow(message);
  });
});
