import * as tf from '@tensorflow/tfjs';
import {eachWeight, filters, prunable, PrunableDense, sparsityReport, stripPruning, taylor} from 'tfjs-pruning';
import {GradualPruning, SparsityLogger, type GradualPruningArgs} from 'tfjs-pruning/callbacks';
import {constantSparsity, joinSchedules, oneShot, polynomialDecay, type SparsitySchedule} from 'tfjs-pruning/schedules';
import {setMask, wrapper, zerosIn} from '../support/masks.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

const BATCHES = 5;
const BATCH_SIZE = 8;
const x = () => tf.randomNormal([BATCHES * BATCH_SIZE, 6], 0, 1, 'float32', 1);
const y = () => tf.randomNormal([BATCHES * BATCH_SIZE, 2], 0, 1, 'float32', 2);

function plainNet(): tf.Sequential {
  const kernelInitializer = () => tf.initializers.glorotNormal({seed: 3});
  return tf.sequential({
    layers: [
      tf.layers.dense({
        name: 'a',
        units: 5,
        activation: 'tanh',
        inputShape: [6],
        kernelInitializer: kernelInitializer(),
      }),
      tf.layers.dense({name: 'b', units: 2, kernelInitializer: kernelInitializer()}),
    ],
  });
}

function net(optimizer: tf.Optimizer | string = 'sgd'): tf.Sequential {
  const model = prunable(plainNet());
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

/** Trains some epochs of five batches. */
async function fit(
  model: tf.LayersModel,
  callbacks: (tf.Callback | tf.CustomCallback)[],
  epochs = 1,
): Promise<tf.History> {
  const [xs, ys] = [x(), y()];
  try {
    return await model.fit(xs, ys, {epochs, batchSize: BATCH_SIZE, verbose: 0, shuffle: false, callbacks});
  } finally {
    tf.dispose([xs, ys]);
  }
}

/** Zeros in the kernel variables of both layers: 30 and 10 weights. */
const zeros = (model: tf.LayersModel) => ['a', 'b'].map(name => zerosIn(wrapper(model, name).maskedWeights[0]!));
const half = (): SparsitySchedule => oneShot({targetSparsity: 0.5});

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

test('follows its schedule: zeros at each batch end, by hand', async () => {
  const model = net();
  const schedule = polynomialDecay({finalSparsity: 0.9, beginStep: 1, endStep: 6, frequency: 2, power: 1});
  const seen: number[][] = [];
  class Watch extends tf.Callback {
    override onBatchEnd(): Promise<void> {
      return Promise.resolve(void seen.push(zeros(this.model)));
    }
  }
  const pruning = new GradualPruning({schedule});
  const {history} = await fit(model, [pruning, new Watch()], 2);
  // updates at 1, 3, 5 and at the end step 6: sparsities 0, .36, .72, .9 of 30 and of 10 weights
  expect(seen).toEqual([
    [0, 0],
    [0, 0],
    [11, 4],
    [11, 4],
    [22, 7],
    [27, 9],
    [27, 9],
    [27, 9],
    [27, 9],
    [27, 9],
  ]);
  expect(history['sparsity']).toEqual([29 / 40, 36 / 40]);
  expect([pruning.step, pruning.sparsity]).toEqual([10, 0.9]);
  expect(warnings).not.toHaveBeenCalled();
});

test('honors step 0, and prunes the smallest weights of each layer, ties kept at the lower index', async () => {
  const model = net();
  const weight = wrapper(model, 'b').maskedWeights[0]!;
  const values = [3, -1, 1, 0.5, -1, 2, 1, -4, 5, -6];
  weight.kernel.write(tf.tensor2d(values, [5, 2]));
  const pruning = new GradualPruning({schedule: half()});
  pruning.setParams({});
  pruning.setModel((model as unknown as {model: tf.LayersModel}).model);
  await pruning.onTrainBegin();
  expect([...weight.mask.read().dataSync()]).toEqual([1, 0, 0, 0, 0, 1, 0, 1, 1, 1]);
  expect([...weight.kernel.read().dataSync()].map(value => value + 0)).toEqual([3, 0, 0, 0, 0, 2, 0, -4, 5, -6]);
});

test.each<[string, () => tf.Optimizer]>([
  ['sgd', () => tf.train.sgd(0.1)],
  ['momentum', () => tf.train.momentum(0.1, 0.9)],
  ['nesterov momentum', () => tf.train.momentum(0.1, 0.9, true)],
  ['adagrad', () => tf.train.adagrad(0.1)],
  ['adadelta', () => tf.train.adadelta(1)],
  ['adam', () => tf.train.adam(0.1)],
  ['adamax', () => tf.train.adamax(0.1)],
  ['rmsprop', () => tf.train.rmsprop(0.1)],
  ['centered rmsprop', () => tf.train.rmsprop(0.1, 0.9, 0.5, 1e-7, true)],
])('with %s pruned weights are zero at every batch end, whatever its momentum holds', async (_, optimizer) => {
  const model = net(optimizer());
  const seen: number[][] = [];
  const watch = new tf.CustomCallback({onBatchEnd: () => void seen.push(zeros(model))});
  await fit(model, [new GradualPruning({schedule: oneShot({targetSparsity: 0.5, beginStep: 2})}), watch], 2);
  expect(seen).toEqual([[0, 0], ...Array<number[]>(9).fill([15, 5])]);
  const before = predict(stripPruning(model), tf.ones([1, 6]));
  expect(distance(predict(model, tf.ones([1, 6])), before)).toBe(0);
});

test('trains like the plain model until it prunes, and then as if a pruned weight had never been there', async () => {
  const [plain, wrapped] = [plainNet(), net('adam')];
  plain.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  const late = new GradualPruning({schedule: oneShot({targetSparsity: 0.5, beginStep: 100})});
  const [plainRun, wrappedRun] = [await fit(plain, [], 2), await fit(wrapped, [late], 2)];
  expect(wrappedRun.history['loss']).toEqual(plainRun.history['loss']);

  // an oracle of another kind: after each sgd step of the plain model, the same kernels are multiplied by the mask
  const pruned = net('sgd');
  await fit(pruned, [new GradualPruning({schedule: half()})], 1);
  const masks = ['a', 'b'].map(name => wrapper(pruned, name).maskedWeights[0]!.mask.read());
  const oracle = plainNet();
  oracle.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const project = () =>
    ['a', 'b'].forEach((name, i) => {
      const kernel = oracle.getLayer(name).trainableWeights[0]!;
      tf.tidy(() => void kernel.write(tf.mul(kernel.read(), masks[i]!)));
    });
  project();
  await fit(oracle, [new tf.CustomCallback({onBatchEnd: project})], 1);
  expect(distance(predict(pruned, x()), predict(oracle, x()))).toBeLessThan(1e-6);
});

test('regrowth: pruned weights live on, are trained straight through the mask, and come back', async () => {
  const model = net(tf.train.sgd(0.2));
  const schedule = constantSparsity({targetSparsity: 0.5, frequency: 1});
  const masks: string[] = [];
  const weight = wrapper(model, 'a').maskedWeights[0]!;
  const watch = new tf.CustomCallback({onBatchEnd: () => void masks.push([...weight.mask.read().dataSync()].join(''))});
  await fit(model, [new GradualPruning({schedule, regrowth: true}), watch], 6);
  expect(new Set(masks.map(mask => mask.replaceAll('1', '').length))).toEqual(new Set([15]));
  const cameBack = masks.some((mask, i) => [...mask].some((bit, j) => bit === '1' && masks[i - 1]?.[j] === '0'));
  expect(cameBack).toBe(true);
  expect(zeros(model)).toEqual([0, 0]);
  expect((await sparsityReport(stripPruning(model))).total.zeros).toBe(20);
});

test('goes on over several fits, and after a save and load with its optimizer, as in one', async () => {
  const schedule = polynomialDecay({finalSparsity: 0.8, endStep: 13, frequency: 3});
  const straight = net('adam');
  const one = new GradualPruning({schedule});
  for (let i = 0; i < 4; i++) await fit(straight, [one]);

  const first = net('adam');
  const pruning = new GradualPruning({schedule});
  await fit(first, [pruning], 2);
  const second = await saveAndLoad(first, true);
  const resumed = new GradualPruning({schedule, initialStep: pruning.step});
  await fit(second, [resumed], 2);
  expect(resumed.step).toBe(20);
  expect(distance(predict(second, x()), predict(straight, x()))).toBe(0);
  expect(zeros(second)).toEqual([24, 8]);
});

test('works in fitDataset, by epochs too, with functional models and validation', async () => {
  const input = tf.input({shape: [6]});
  const model = tf.model({
    inputs: input,
    outputs: new PrunableDense({layer: tf.layers.dense({units: 2, name: 'a'})}).apply(input) as tf.SymbolicTensor,
  });
  model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  const dataset = tf.data
    .zip({
      xs: tf.data.array(Array<number[]>(4).fill([1, 2, 3, 4, 5, 6])),
      ys: tf.data.array(Array<number[]>(4).fill([1, 0])),
    })
    .batch(2);
  const schedule = polynomialDecay({finalSparsity: 0.75, endStep: 3, frequency: 1, power: 1});
  const {history} = await model.fitDataset(dataset, {
    epochs: 4,
    validationData: dataset,
    callbacks: [new GradualPruning({schedule, stepUnit: 'epoch'})],
  });
  expect(history['sparsity']).toEqual([0.25, 0.5, 0.75, 0.75]);
  expect(history['val_loss']).toHaveLength(4);
});

test('what is gone stays gone under a second callback, until its schedule passes what is there', async () => {
  const model = net();
  await fit(model, [new GradualPruning({schedule: oneShot({targetSparsity: 0.8})})]);
  const second = new GradualPruning({
    schedule: polynomialDecay({finalSparsity: 0.9, endStep: 5, frequency: 1, power: 1}),
  });
  const seen: number[][] = [];
  await fit(model, [second, new tf.CustomCallback({onBatchEnd: () => void seen.push(zeros(model))})]);
  expect(seen).toEqual([
    [24, 8],
    [24, 8],
    [24, 8],
    [24, 8],
    [27, 9],
  ]);
});

test('prunes the chosen layers only; a frozen one only when it is named', async () => {
  const chosen = net();
  await fit(chosen, [new GradualPruning({schedule: half(), layers: 'b'})]);
  expect(zeros(chosen)).toEqual([0, 5]);

  const frozen = net();
  frozen.getLayer('b').trainable = false;
  await fit(frozen, [new GradualPruning({schedule: half()})]);
  expect(zeros(frozen)).toEqual([15, 0]);
  await fit(frozen, [new GradualPruning({schedule: half(), layers: ['a', 'b']})]);
  expect(zeros(frozen)).toEqual([15, 5]);
});

test('stands beside EarlyStopping, CustomCallback and the logger', async () => {
  const model = net();
  const stop = tf.callbacks.earlyStopping({monitor: 'sparsity', mode: 'max', patience: 1});
  const lines: string[] = [];
  const epochs: number[] = [];
  await fit(
    model,
    [
      new GradualPruning({schedule: half()}),
      stop,
      new tf.CustomCallback({onEpochEnd: epoch => void epochs.push(epoch)}),
      new SparsityLogger({print: line => lines.push(line)}),
    ],
    9,
  );
  expect(epochs).toEqual([0, 1]);
  expect(lines).toHaveLength(2);
});

test('lets the event loop run while it trains', async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const schedule = half();
  const now = jest.spyOn(Date, 'now').mockImplementation(() => performance.now() * 1000);
  await fit(net(), [new GradualPruning({schedule})], 4);
  now.mockRestore();
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(0);
});

test('pruning with feedback: w <- w - lr * gradient at (w * mask), masks refreshed every n steps', async () => {
  const learningRate = 0.2;
  const refreshed = [3, 6, 8, 10];
  const ramp = oneShot({targetSparsity: 0.5, beginStep: 3});
  const model = net(tf.train.sgd(learningRate));
  const schedule = joinSchedules(
    [
      ramp,
      {
        sparsityAt: () => 0.5,
        updatesAt: step => refreshed.includes(step + 6),
        endStep: Infinity,
      },
    ],
    [6],
  );
  await fit(model, [new GradualPruning({schedule, regrowth: true})], 2);

  // the same by a plain model, which computes with what it is given
  const plain = plainNet();
  plain.compile({optimizer: tf.train.sgd(learningRate), loss: 'meanSquaredError'});
  const kernels = ['a', 'b'].map(name => plain.getLayer(name).trainableWeights[0]!);
  const read = () => kernels.map(kernel => kernel.read().dataSync<'float32'>());
  const write = (values: Float32Array[]) =>
    tf.tidy(() => kernels.forEach((kernel, i) => void kernel.write(tf.tensor(values[i]!, kernel.shape as number[]))));
  const dense = read();
  let masks = dense.map(values => values.map(() => 1));
  const [xs, ys] = [x(), y()];
  for (let step = 1; step <= 10; step++) {
    const seen = dense.map((values, i) => values.map((value, j) => value * masks[i]![j]!));
    write(seen);
    const start = ((step - 1) % BATCHES) * BATCH_SIZE;
    await plain.trainOnBatch(xs.slice(start, BATCH_SIZE), ys.slice(start, BATCH_SIZE));
    read().forEach((after, i) => after.forEach((value, j) => (dense[i]![j]! += value - seen[i]![j]!)));
    if (!refreshed.includes(step)) continue;
    masks = dense.map(values => {
      const smallest = [...values.keys()].sort((a, b) => Math.abs(values[a]!) - Math.abs(values[b]!));
      const gone = new Set(smallest.slice(0, values.length / 2));
      return values.map((_, j) => (gone.has(j) ? 0 : 1));
    });
  }
  ['a', 'b'].forEach((name, i) => {
    const weight = wrapper(model, name).maskedWeights[0]!;
    expect([...weight.mask.read().dataSync()]).toEqual([...masks[i]!]);
    [...weight.kernel.read().dataSync()].forEach((value, j) => expect(value).toBeCloseTo(dense[i]![j]!, 5));
  });
});

test.each<[string, Partial<GradualPruningArgs>]>([
  ['masked', {}],
  ['regrown', {regrowth: true}],
])('leaks nothing: tensors and bytes are the same after batch 10 and after batch 1000 (%s)', async (_, more) => {
  const model = net('adam');
  const schedule = polynomialDecay({finalSparsity: 0.9, endStep: 900, frequency: 7});
  const memory: string[] = [];
  const record = new tf.CustomCallback({
    onBatchEnd: () => void memory.push(`${tf.memory().numTensors} tensors, ${tf.memory().numBytes} bytes`),
  });
  const [xs, ys] = [tf.randomNormal([2000, 6], 0, 1, 'float32', 7), tf.randomNormal([2000, 2], 0, 1, 'float32', 7)];
  await model.fit(xs, ys, {
    batchSize: 2,
    verbose: 0,
    callbacks: [new GradualPruning({schedule, ...more}), record] as tf.Callback[],
  });
  expect(memory).toHaveLength(1000);
  expect(new Set(memory.slice(9)).size).toBe(1);
  await expectNoLeak(async () => void (await fit(model, [new GradualPruning({schedule: half(), ...more})])));
});

describe('a fit too short for its schedule says so, once', () => {
  test('at its beginning, where the length is known', async () => {
    const pruning = new GradualPruning({schedule: polynomialDecay({finalSparsity: 0.9, endStep: 2000})});
    const model = net();
    await fit(model, [pruning]);
    await fit(model, [pruning]);
    expect(warnings.mock.calls).toEqual([
      [
        "GradualPruning: this fit will stop at step 5, before the schedule's end at step 2000, where the " +
          'sparsity is 0.9. ' +
          'Train on with the same callback, or give the schedule earlier steps.',
      ],
    ]);
    pruning.reset();
    await fit(net(), [pruning]);
    expect(warnings.mock.calls[1]).toEqual(warnings.mock.calls[0]); // another training, another word
  });

  test('at its end, where it was stopped early, or an endless schedule never began', async () => {
    const model = net();
    const stop = new tf.CustomCallback({
      onEpochEnd: () => void ((model as {stopTraining: boolean}).stopTraining = true),
    });
    await fit(model, [new GradualPruning({schedule: oneShot({targetSparsity: 0.5, beginStep: 10})}), stop], 2);
    expect(warnings.mock.calls.flat()).toEqual([
      expect.stringContaining("this fit stopped at step 5 with a sparsity of 0, before the schedule's end at step 10"),
    ]);
    await fit(model, [new GradualPruning({schedule: constantSparsity({targetSparsity: 0.5, beginStep: 50})})]);
    expect(warnings.mock.calls[1]).toEqual([expect.stringContaining("before the schedule's first update")]);
  });
});

test('refuses to leave another model dense, with its schedule over', async () => {
  const pruning = new GradualPruning({schedule: half()});
  await fit(net(), [pruning]);
  await expect(fit(net(), [pruning])).rejects.toThrow(
    /is at step 5, after all its pruning, but the model in this fit is dense instead of 0.5 sparse\. Use a new/,
  );
  const resumed = new GradualPruning({schedule: half(), initialStep: 7});
  await expect(fit(net(), [resumed])).rejects.toThrow(/is at step 7/);
});

test('a model that is refused stays as it was', async () => {
  const model = net();
  const resumed = new GradualPruning({schedule: half(), initialStep: 7, regrowth: true});
  await expect(fit(model, [resumed])).rejects.toThrow(/is at step 7/);
  expect(wrapper(model, 'a').gradient).toBe('masked');
});

test('with regrowth gradients pass through masks as long as the fit lasts, and no file tells of it', async () => {
  const model = net();
  wrapper(model, 'b').gradient = 'straightThrough'; // the user's own
  const look = () => ['a', 'b'].map(name => wrapper(model, name).maskedWeights[0]!.straightThrough);
  const saved = () => model.layers.map(layer => layer.getConfig()['gradient']);
  const seen: unknown[] = [];
  const watch = new tf.CustomCallback({onBatchEnd: () => void seen.push([look(), saved()])});
  await fit(model, [new GradualPruning({schedule: half(), regrowth: true}), watch]);
  expect(seen).toEqual(
    Array(BATCHES).fill([
      [true, true],
      ['masked', 'straightThrough'],
    ]),
  );
  expect([look(), saved()]).toEqual([
    [false, true],
    ['masked', 'straightThrough'],
  ]);
});

test('goes on with its own model where the target is so small that it rounds to nothing', async () => {
  const model = net();
  const pruning = new GradualPruning({schedule: oneShot({targetSparsity: 0.01})});
  await fit(model, [pruning]);
  await fit(model, [pruning]);
  expect(zeros(model)).toEqual([0, 0]);
  expect(pruning.step).toBe(10);
});

test.each<[string, Partial<GradualPruningArgs> & {targetSparsity: number}]>([
  ['weights', {targetSparsity: 0.01}],
  ['units', {targetSparsity: 0.09, structure: filters()}], // 0.45 of 5
  ['weights that gradients choose', {targetSparsity: 0.01, criterion: taylor()}],
])(
  'a callback that is told it is past the end leaves a dense model dense where the target rounds to none: %s',
  async (_, args) => {
    const {targetSparsity, ...plugs} = args;
    const resumed = (sparsity: number) => {
      const schedule = oneShot({targetSparsity: sparsity, beginStep: 2});
      return new GradualPruning({schedule, ...plugs, initialStep: 7});
    };
    const model = net();
    await fit(model, [resumed(targetSparsity)]);
    expect(zeros(model)).toEqual([0, 0]);
    await expect(fit(model, [resumed(0.5)])).rejects.toThrow(/is at step 7, after .* dense instead of 0.5 sparse/);
  },
);

test('... but not where it rounds to none in some of the layers alone', async () => {
  const schedule = oneShot({targetSparsity: 0.02, beginStep: 2}); // 0.6 of 30, 0.2 of 10
  await expect(fit(net(), [new GradualPruning({schedule, initialStep: 7})])).rejects.toThrow(
    /is at step 7, after .* dense instead of 0.02 sparse/,
  );
});

test('counts the steps of a training anew after reset, and what was applied then is forgotten', async () => {
  const schedule = constantSparsity({targetSparsity: 0.5, frequency: 1});
  const falling = {...schedule, sparsityAt: (step: number) => (step < 5 ? 0.2 : 0.5)};
  const pruning = new GradualPruning({schedule: falling});
  await fit(net(), [pruning], 2);
  pruning.reset();
  const other = net();
  await fit(other, [pruning]); // asks for 0.2 first, after 0.5 in the other model
  expect(zeros(other)).toEqual([15, 5]);
});

test('refuses to be in the list twice', async () => {
  const pruning = new GradualPruning({schedule: half()});
  await expect(fit(net(), [pruning, pruning])).rejects.toThrow(/GradualPruning is in the list of callbacks twice/);
});

test('counts anew after reset, for another training', async () => {
  const pruning = new GradualPruning({schedule: half()});
  await fit(net(), [pruning]);
  const other = net();
  pruning.reset();
  await fit(other, [pruning]);
  expect(zeros(other)).toEqual([15, 5]);
});

test.each<[string, unknown, RegExp]>([
  ['nothing', undefined, /GradualPruning expects an object with sparsity, schedule, regrowth, criterion/],
  ['no schedule', {}, /GradualPruning expects exactly one of `sparsity`, `schedule`, got none/],
  ['a number as schedule', {schedule: 0.5}, /`schedule` .* got 0.5 \(number\)/],
  ['a misspelt option', {schedule: half(), criterium: 1}, /has no option `criterium`/],
  ['a criterion that is none', {schedule: half(), criterion: 'magnitude'}, /`criterion` .* score\(\), got "magnitude"/],
  [
    'a structure that is none',
    {schedule: half(), structure: {}},
    /`structure` to be a function such as filters\(\), got an Object; turn \{pool, spread\} into one with/,
  ],
  [
    'an allocation that is none',
    {schedule: half(), allocation: 'uniform'},
    /`allocation` to be a function such as uniform\(\)/,
  ],
  ['a step unit', {schedule: half(), stepUnit: 'step'}, /`stepUnit` to be one of batch, epoch, fit, got "step"/],
  ['an initial step', {schedule: half(), initialStep: -1}, /`initialStep` to be a whole number >= 0, got -1/],
  ['regrowth', {schedule: half(), regrowth: 'yes'}, /`regrowth` to be true or false, got "yes"/],
])('refuses at once %s', (_, args, message) => {
  expect(() => new GradualPruning(args as GradualPruningArgs)).toThrow(message);
});

describe('what goes wrong in fit leaves masks and weights as they were', () => {
  const wrongly = (bad: number): SparsitySchedule => ({
    endStep: 2,
    updatesAt: step => step === 2,
    sparsityAt: () => bad,
  });
  test.each<[string, Partial<GradualPruningArgs>, RegExp]>([
    [
      'a schedule that says 1',
      {schedule: wrongly(1)},
      /Expected `schedule.sparsityAt\(0\)` to be a number in \[0, 1\), got 1/,
    ],
    ['a schedule that says NaN', {schedule: wrongly(NaN)}, /`schedule.sparsityAt\(0\)`.*got NaN/],
    [
      'a criterion that scores NaN',
      {criterion: {score: weight => tf.div(tf.zerosLike(weight), tf.zerosLike(weight))}},
      /Expected the weights of "a\/kernel" to have numbers as scores, got NaN at index 0 of 30/,
    ],
    [
      'a criterion that scores Infinity',
      {criterion: {score: weight => tf.fill(weight.shape, Infinity)}},
      /Expected the weights of "a\/kernel" to have finite scores, got Infinity at index 0 of 30; a weight or/,
    ],
    [
      'a criterion that scores -Infinity, with regrowth',
      {criterion: {score: weight => tf.log(tf.zerosLike(weight))}, regrowth: true},
      /to have finite scores, got -Infinity at index 0 of 30/,
    ],
    [
      'an allocation that throws',
      {
        allocation: () => {
          throw new Error('out of luck');
        },
      },
      /out of luck/,
    ],
    [
      'a structure that throws',
      {
        structure: eachWeight({
          pool: scores => scores,
          spread: () => {
            throw new Error('no way');
          },
        }),
      },
      /no way/,
    ],
    [
      'a schedule that falls, without regrowth',
      {
        schedule: joinSchedules(
          [oneShot({targetSparsity: 0.5}), constantSparsity({targetSparsity: 0.2, frequency: 1})],
          [2],
        ),
      },
      /asks for sparsity 0.2 at step 2 after 0.5; weights come back only with `regrowth: true`/,
    ],
    ['a name that matches no layer', {layers: 'c'}, /"c" matches none; there are "a", "b"/],
  ])('%s', async (_, args, message) => {
    const model = net();
    const masksBefore = ['a', 'b'].map(name => tf.clone(wrapper(model, name).maskedWeights[0]!.mask.read()));
    const schedule = oneShot({targetSparsity: 0.5, beginStep: 2});
    await expect(fit(model, [new GradualPruning({schedule, ...args})])).rejects.toThrow(message);
    const masks = ['a', 'b'].map(name => wrapper(model, name).maskedWeights[0]!.mask.read());
    const changed = args.schedule && 'endStep' in args.schedule && args.schedule.endStep === Infinity;
    if (!changed) expect(distance(masks, masksBefore)).toBe(0);
    else expect(zeros(model)).toEqual([15, 5]);
  });

  test('weights that are NaN: the error names the layer', async () => {
    const model = net();
    wrapper(model, 'b').maskedWeights[0]!.kernel.write(tf.fill([5, 2], NaN));
    const training = fit(model, [new GradualPruning({schedule: half()})]);
    await expect(training).rejects.toThrow(
      /weights of "b\/kernel" .* NaN at index 0 of 10; training has diverged, .* restore a checkpoint/,
    );
    expect(zeros(model)).toEqual([0, 0]);
  });

  test('a mask out of a damaged file', async () => {
    const model = net();
    setMask(wrapper(model, 'a').maskedWeights[0]!, i => (i === 7 ? 0.25 : 1));
    const training = fit(model, [new GradualPruning({schedule: half()})]);
    await expect(training).rejects.toThrow(/mask of "a\/kernel" to hold only 0 and 1, got 0.25 at index 7/);
  });
});

describe('refuses in fit', () => {
  const pruning = () => new GradualPruning({schedule: half()});

  test('a model that is not wrapped', async () => {
    const model = plainNet();
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await expect(fit(model, [pruning()])).rejects.toThrow(
      /expects a model with wrapped layers, .* use prunable\(model\) instead/,
    );
  });

  test('a model of which all wrapped layers are frozen', async () => {
    const model = net();
    model.layers.forEach(layer => (layer.trainable = false));
    await expect(fit(model, [pruning()])).rejects.toThrow(/expects a trainable layer, but all wrapped ones are frozen/);
  });

  test('to stand behind a plain object, where tf.js takes its hooks off it', async () => {
    await expect(fit(net(), [{onEpochEnd: () => undefined} as never, pruning()])).rejects.toThrow(
      /fit gave no model to GradualPruning.*wrap plain objects as new tf.CustomCallback/,
    );
  });

  test('a model of another copy of tfjs-layers', () => {
    expect(() => pruning().setModel({name: 'foreign', layers: []} as never)).toThrow(
      /another copy of @tensorflow\/tfjs-layers/,
    );
  });
});
