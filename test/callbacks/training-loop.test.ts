import * as tf from '@tensorflow/tfjs';
import {addPenalty, l1, prunable, snip, startTraining, type StartTrainingArgs, type Training} from 'tfjs-pruning';
import {
  GradualPruning,
  IterativePruning,
  ProximalPenalty,
  PruneAtInitialization,
  RigL,
  ScheduledPenalty,
  SparseEvolutionaryTraining,
  SparseMomentum,
  SparsityLogger,
  StaticSparse,
  TargetedDropout,
} from 'tfjs-pruning/callbacks';
import {oneShot, polynomialDecay} from 'tfjs-pruning/schedules';
import {maskedWeights} from '../support/sparse-training.js';
import {expectNoLeak} from '../support/tensors.js';

function net(): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 3});
  const layers = [
    tf.layers.dense({name: 'a', units: 4, inputShape: [3], kernelInitializer}),
    tf.layers.batchNormalization({name: 'bn'}),
    tf.layers.dense({name: 'b', units: 2, kernelInitializer}),
  ];
  return prunable(tf.sequential({name: 'net', layers}));
}

const variables = (model: tf.LayersModel) => model.trainableWeights.map(weight => weight.read() as tf.Variable);
const values = (model: tf.LayersModel) => model.weights.map(weight => [...weight.read().dataSync()]);
const isTraining = (model: tf.Sequential) =>
  ((model as unknown as {model?: {isTraining: boolean}}).model ?? {isTraining: false}).isTraining;

/** Makes a step on a batch that is always the same. */
function step(model: tf.LayersModel, optimizer: tf.Optimizer, training?: Training): void {
  tf.tidy(() => {
    const [x, y] = [tf.randomNormal([4, 3], 0, 1, 'float32', 1), tf.randomNormal([4, 2], 0, 1, 'float32', 2)];
    const loss = () => tf.mean<tf.Scalar>(tf.squaredDifference(y, model.apply(x, {training: true}) as tf.Tensor));
    optimizer.minimize(() => (training ? tf.add(loss(), training.penalty()) : loss()), false, variables(model));
  });
}

const begin = (
  model: tf.LayersModel,
  callbacks: Parameters<typeof startTraining>[1] = [],
  args: Partial<StartTrainingArgs> = {},
) =>
  startTraining(model, callbacks, {
    epochs: 2,
    batchesPerEpoch: 2,
    ...args,
    optimizer: args.optimizer ?? tf.train.sgd(0.1),
  });

const failing = (hook: string): tf.CustomCallbackArgs => ({[hook]: () => Promise.reject(new Error('failed'))});

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

describe('what is handed over', () => {
  test.each<[string, () => unknown[], string]>([
    ['no model', () => [{}, [], {epochs: 1}], 'startTraining expects a tf.Sequential or tf.LayersModel, got an Object'],
    [
      'no options',
      () => [net(), []],
      'startTraining expects an object with optimizer, epochs, batchesPerEpoch, initialEpoch, got undefined',
    ],
    ['an unknown option', () => [net(), [], {epochs: 1, batches: 2}], 'startTraining has no option `batches`'],
    ['no epochs', () => [net(), [], {}], 'Expected `epochs` to be a whole number >= 1, got undefined'],
    ['half an epoch', () => [net(), [], {epochs: 0.5}], 'Expected `epochs` to be a whole number >= 1, got 0.5'],
    [
      'no batches',
      () => [net(), [], {epochs: 1, batchesPerEpoch: 0}],
      'Expected `batchesPerEpoch` to be a whole number >= 1, got 0',
    ],
    [
      'a negative epoch',
      () => [net(), [], {epochs: 1, initialEpoch: -1}],
      'Expected `initialEpoch` to be a whole number >= 0, got -1',
    ],
    [
      'a name of an optimizer',
      () => [net(), [], {epochs: 1, optimizer: 'sgd'}],
      'Expected `optimizer` to be an optimizer, such as tf.train.adam(), got "sgd" (string)',
    ],
    [
      'no callbacks',
      () => [net(), undefined, {epochs: 1}],
      'or plain objects with hooks such as onEpochEnd, got undefined among them',
    ],
    ['a function', () => [net(), [() => 1], {epochs: 1}], 'got an unnamed function among them'],
    ['an object without a hook', () => [net(), [{onEpochEd: () => 1}], {epochs: 1}], 'got an Object among them'],
  ])('is refused, and nothing is changed: %s', async (_, args, message) => {
    const handedOver = args();
    const start = startTraining as unknown as (...args: unknown[]) => Promise<Training>;
    await expect(start(...handedOver)).rejects.toThrow(message);
    if (handedOver[0] instanceof tf.Sequential) expect(isTraining(handedOver[0])).toBe(false);
  });

  const common = {sparsity: 0.5, endStep: 4, frequency: 2} as const;
  const rounds = {trainSteps: 1, rounds: 1, finalSparsity: 0.5} as const;
  test.each<[string, tf.Callback, boolean]>([
    ['RigL', new RigL(common), true],
    ['SparseEvolutionaryTraining', new SparseEvolutionaryTraining(common), true],
    ['SparseMomentum', new SparseMomentum(common), true],
    ['ProximalPenalty', new ProximalPenalty({penalty: l1({strength: 1})}), true],
    ['PruneAtInitialization', new PruneAtInitialization({sparsity: 0.5}), true],
    ['IterativePruning', new IterativePruning({...rounds, rewind: 'weights'}), true],
    ['IterativePruning', new IterativePruning({...rounds, learningRate: () => 1}), true],
    ['IterativePruning', new IterativePruning(rounds), false],
    ['StaticSparse', new StaticSparse({sparsity: 0.5}), false],
    ['TargetedDropout', new TargetedDropout({schedule: oneShot({targetSparsity: 0.5, beginStep: 1})}), false],
    ['GradualPruning', new GradualPruning({schedule: oneShot({targetSparsity: 0.5, beginStep: 1})}), false],
    ['ScheduledPenalty', new ScheduledPenalty({penalty: l1({strength: 1})}), false],
  ])('must be an optimizer where the model has none and a callback needs one: %s', async (name, callback, isNeeded) => {
    const model = net();
    const training = startTraining(model, [new SparsityLogger({print: null}), callback], {epochs: 1});
    if (!isNeeded) {
      (await training).abandon();
      return;
    }
    await expect(training).rejects.toThrow(
      `${name} works on the optimizer that trains the model, and "net_model" was not compiled with one; pass`,
    );
    expect(isTraining(model)).toBe(false);
    expect(
      maskedWeights(model).every(({mask}) =>
        mask
          .read()
          .dataSync()
          .every(bit => bit === 1),
      ),
    ).toBe(true);
    model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
    (await startTraining(model, [callback], {epochs: 1})).abandon();
  });

  test.each([
    ['null', null],
    ['a number', NaN],
    ['an array', [1]],
    ['a text', 'x'],
    ['a Map', new Map([['loss', 1]])],
    ['an object of texts', {loss: '1'}],
  ])('logs are numbers and scalars by their names, not %s', async (_, logs) => {
    const training = await startTraining(net(), [], {optimizer: tf.train.sgd(0.1), epochs: 1});
    await training.epochBegin();
    await expect(training.epochEnd(logs as never)).rejects.toThrow(
      /^Expected logs to (be an object of|hold) numbers and/,
    );
    await expect(training.end()).rejects.toThrow('Expected no end() after the end of the training');
  });

  test('nor scalars that were disposed', async () => {
    const training = await startTraining(net(), [], {optimizer: tf.train.sgd(0.1), epochs: 1});
    await training.epochBegin();
    const loss = tf.scalar(1);
    loss.dispose();
    await expect(training.epochEnd({loss})).rejects.toThrow(
      'Expected logs to hold numbers and scalars, got one that was disposed as `loss`',
    );
  });

  test('may be plain objects beside callbacks, which get numbers; scalars in logs stay yours', async () => {
    const seen: unknown[] = [];
    const lines: string[] = [];
    const model = net();
    const plain = {
      onBatchEnd: (batch: number, logs?: tf.Logs) => void seen.push([batch, {...logs}]),
      onEpochEnd: (epoch: number, logs?: tf.Logs) => void seen.push([epoch, {...logs}]),
    };
    const loss = tf.scalar(3);
    const training = await begin(model, [plain, new SparsityLogger({print: line => lines.push(line)})], {epochs: 1});
    const {epochBegin, batchBegin, batchEnd, epochEnd, end} = training;
    await epochBegin();
    await batchBegin({size: 4});
    await batchEnd({loss});
    await epochEnd({loss, accuracy: 0.5});
    const {history} = await end();
    expect(seen).toEqual([
      [0, {batch: 0, size: 4, loss: 3}],
      [0, {loss: 3, accuracy: 0.5}],
    ]);
    expect(lines).toEqual(['epoch 1/1  loss 3.0000  accuracy 0.5000  sparsity 0.000  (0 of 20 weights zero)']);
    expect(history).toEqual({loss: [3], accuracy: [0.5]});
    expect(loss.dataSync()[0]).toBe(3);
    loss.dispose();
  });

  test('must be numbers and scalars in logs', async () => {
    const training = await begin(net());
    await training.epochBegin();
    await training.batchBegin();
    await expect(training.batchEnd({loss: null as unknown as number})).rejects.toThrow('got null as `loss`');
    const another = await begin(net());
    await another.epochBegin();
    await expect(another.epochEnd({all: tf.zeros([2]) as unknown as tf.Scalar})).rejects.toThrow(
      'got a Tensor as `all`',
    );
  });
});

describe('hooks', () => {
  type Calls = (training: Training) => Promise<unknown>;
  const batch: Calls = async ({batchBegin, batchEnd}) => {
    await batchBegin();
    await batchEnd();
  };
  test.each<[string, Calls, string]>([
    [
      'a batch before an epoch',
      t => t.batchBegin(),
      'Expected epochBegin() or end() after startTraining(), got batchBegin()',
    ],
    [
      'an end of a batch before its beginning',
      async t => (await t.epochBegin(), t.batchEnd()),
      'Expected batchBegin() or epochEnd() after epochBegin(), got batchEnd()',
    ],
    [
      'two epochs at once',
      async t => (await t.epochBegin(), t.epochBegin()),
      'Expected batchBegin() or epochEnd() after epochBegin(), got epochBegin()',
    ],
    [
      'two batches at once',
      async t => (await t.epochBegin(), await t.batchBegin(), t.batchBegin()),
      'Expected batchEnd() after batchBegin(), got batchBegin()',
    ],
    [
      'an end of an epoch within a batch',
      async t => (await t.epochBegin(), await t.batchBegin(), t.epochEnd()),
      'Expected batchEnd() after batchBegin(), got epochEnd()',
    ],
    [
      'an end within an epoch',
      async t => (await t.epochBegin(), await batch(t), t.end()),
      'Expected batchBegin() or epochEnd() after batchEnd(), got end()',
    ],
    [
      'anything after the end',
      async t => (await t.end(), t.epochBegin()),
      'Expected no epochBegin() after the end of the training; begin another by startTraining()',
    ],
    ['a second end', async t => (await t.end(), t.end()), 'Expected no end() after the end of the training'],
    [
      'too many batches',
      async t => (await t.epochBegin(), await batch(t), await batch(t), t.batchBegin()),
      'Expected at most `batchesPerEpoch` = 2 batches in an epoch, got batchBegin() once more; call epochEnd()',
    ],
    [
      'too many epochs',
      async t => (await t.epochBegin(), await t.epochEnd(), await t.epochBegin(), await t.epochEnd(), t.epochBegin()),
      'Expected at most `epochs` = 2 epochs, got epochBegin() once more; call end()',
    ],
    [
      'a hook while another one runs',
      async t => Promise.all([t.epochBegin(), t.batchBegin()]),
      'batchBegin() was called while epochBegin() was still running; await each hook',
    ],
    [
      'a step before batchBegin has come to its end',
      async t => {
        await t.epochBegin();
        const begun = t.batchBegin();
        try {
          step(model, optimizer);
        } finally {
          t.abandon();
          expect(isTraining(model)).toBe(true); // callbacks are still at work on it
          await begun;
        }
      },
      'The optimizer stepped "net_model" outside of a batch',
    ],
    [
      'a step outside of a batch',
      async t => {
        await t.epochBegin();
        step(model, optimizer);
      },
      '`await training.batchBegin()` and before `await training.batchEnd()`',
    ],
    [
      'a penalty after the end',
      async t => (await t.end(), t.penalty()),
      'Expected no penalty() after the end of the training',
    ],
  ])('have an order: refuses %s', async (_, calls, message) => {
    model = net();
    optimizer = tf.train.sgd(0.1);
    const callbacks = [
      new StaticSparse({sparsity: 0.5}),
      {onEpochBegin: () => tf.nextFrame()},
      {onBatchBegin: () => tf.nextFrame()},
    ];
    const training = await begin(model, callbacks, {optimizer});
    await expect((async () => calls(training))()).rejects.toThrow(message);
    training.abandon();
    expect(isTraining(model)).toBe(false);
    step(model, optimizer);
    await begin(model, new StaticSparse({sparsity: 0.5}), {optimizer});
  });
  let model: tf.Sequential;
  let optimizer: tf.Optimizer;

  test('may be as many as there are if batches are not counted; a step of another model is none of them', async () => {
    const other = net();
    const optimizer = tf.train.sgd(0.1);
    const training = await startTraining(net(), [], {optimizer, epochs: 1});
    await training.epochBegin();
    for (let i = 0; i < 5; i++) await batch(training);
    step(other, optimizer);
    await training.epochEnd();
    await training.end();
  });

  test.each(['onTrainBegin', 'onEpochBegin', 'onBatchBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd'])(
    'end the training where %s throws',
    async hook => {
      const model = net();
      model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
      const {optimizer} = model;
      const mine = tf.train.sgd(0.1);
      const run = async () => {
        const training = await begin(model, failing(hook), {optimizer: mine});
        await training.epochBegin();
        await batch(training);
        await training.epochEnd();
        await training.end();
      };
      await expect(run()).rejects.toThrow('failed');
      expect(isTraining(model)).toBe(false);
      expect(model.optimizer).toBe(optimizer);
      expect(Object.hasOwn(mine, 'applyGradients')).toBe(false);
    },
  );
});

describe('a model in a loop', () => {
  test('is refused by fit and by another loop, until the loop has ended or is abandoned', async () => {
    const model = net();
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const fit = () => model.fit(tf.ones([4, 3]), tf.ones([4, 2]), {epochs: 1, verbose: 0});
    const training = await begin(model);
    await expect(fit()).rejects.toThrow('another fit() call is ongoing');
    await expect(begin(model)).rejects.toThrow(
      'startTraining expects a model that is not being trained, but "net_model" is',
    );
    await training.epochBegin();
    training.abandon();
    training.abandon();
    const again = await begin(model);
    await again.end();
    again.abandon();
    await fit();
    const during = {
      onTrainBegin: async () => {
        await expect(begin(model)).rejects.toThrow('not being trained');
      },
    };
    await model.fit(tf.ones([4, 3]), tf.ones([4, 2]), {epochs: 1, verbose: 0, callbacks: during});
  });

  test('keeps the optimizer that it has disposed with it', async () => {
    const model = net();
    model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
    await (await begin(model)).end();
    const optimizer = model.optimizer;
    expect(model.dispose().numDisposedVariables).toBeGreaterThan(0);
    expect(() => (optimizer as unknown as {accBeta1: tf.Variable}).accBeta1.dataSync()).toThrow('disposed');
  });

  test('is trained by the given optimizer, and not by its own', async () => {
    const model = net();
    model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'meanSquaredError'});
    const optimizer = tf.train.adam(0.1);
    const lasso = new ProximalPenalty({penalty: l1({strength: 1})});
    const seen: unknown[] = [];
    const look = {onBatchEnd: () => void seen.push((lasso as unknown as {model: tf.LayersModel}).model.optimizer)};
    const training = await begin(model, [lasso, look], {optimizer});
    await training.epochBegin();
    await training.batchBegin();
    await training.batchEnd();
    training.abandon();
    expect(seen).toEqual([optimizer]);
  });

  test('stops where a callback asks it to', async () => {
    const model = net();
    const training = await begin(model, tf.callbacks.earlyStopping({monitor: 'loss', patience: 0}));
    const stops: boolean[] = [training.stopped];
    for (const loss of [1, 2]) {
      await training.epochBegin();
      await training.epochEnd({loss});
      stops.push(training.stopped);
    }
    expect(stops).toEqual([false, false, true]);
    await training.end();
    const next = await begin(model);
    expect(next.stopped).toBe(false);
    next.abandon();
  });

  test('pays the penalties of regularizers, addPenalty and ScheduledPenalty, each once', async () => {
    const model = net();
    const training = await begin(model);
    expect(training.penalty().dataSync()[0]).toBe(0);
    training.abandon();
    const sum = (name: string) => tf.tidy(() => tf.sum(tf.abs(model.getLayer(name).weights[0]!.read())).dataSync()[0]!);
    addPenalty(model, l1({strength: 2}), {layers: 'a'});
    const both = await begin(model, new ScheduledPenalty({penalty: l1({strength: 1}), strength: () => 3, layers: 'b'}));
    expect(both.penalty().dataSync()[0]).toBeCloseTo(2 * sum('a') + 3 * sum('b'), 4);
    both.abandon();
  });

  test('is looked at by probing batches, and nothing else: also by gradients that are applied', async () => {
    const model = net();
    const optimizer = tf.train.adam(0.1);
    const before = values(model);
    const pruning = new PruneAtInitialization({sparsity: 0.5, observedBatches: 3, criterion: snip()});
    const take = () =>
      tf.tidy(() => {
        const loss = () => tf.sum<tf.Scalar>(tf.square(model.apply(tf.ones([4, 3]), {training: true}) as tf.Tensor));
        const {grads} = tf.variableGrads(loss, variables(model));
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({name, tensor})));
      });
    await expectNoLeak(async () => {
      const training = await begin(model, pruning, {optimizer});
      await training.epochBegin();
      await training.batchBegin();
      take();
      step(model, optimizer, training);
      await training.batchEnd();
      expect(values(model)).toEqual(before);
      await training.batchBegin();
      take();
      await training.batchEnd();
      await training.epochEnd();
      await training.end();
    });
    expect(values(model)).toEqual(before);
    expect(optimizer.iterations).toBe(0);
  });

  test('leaves nothing behind when it is abandoned', async () => {
    const model = net();
    const optimizer = tf.train.sgd(0.1);
    const run = async () => {
      const training = await begin(
        model,
        new GradualPruning({schedule: polynomialDecay({finalSparsity: 0.5, endStep: 4})}),
        {optimizer},
      );
      await training.epochBegin();
      await training.batchBegin();
      step(model, optimizer, training);
      training.abandon();
    };
    await run();
    await expectNoLeak(run);
    expect(Object.hasOwn(optimizer, 'minimize')).toBe(false);
  });
});

test('a hook that runs while the training is abandoned comes to its end, and leaves nothing on the model', async () => {
  const model = net();
  const schedule = polynomialDecay({finalSparsity: 0.6, endStep: 4, frequency: 1});
  for (const callback of [new TargetedDropout({schedule}), new StaticSparse({sparsity: 0.5, seed: 1})]) {
    const training = await begin(model, callback, {batchesPerEpoch: 8});
    await training.epochBegin();
    await training.batchBegin();
    const hook = training.batchEnd();
    training.abandon();
    await hook;
    expect(isTraining(model)).toBe(false);
    for (const weight of maskedWeights(model)) {
      const read = (training: boolean) => tf.tidy(() => weight.read({training}).dataSync());
      expect(read(true)).toEqual(read(false));
      expect(weight.straightThrough).toBe(false);
    }
  }
});

test('batches that PruneAtInitialization looks at keep no cost that nobody asked for', async () => {
  const model = net();
  const optimizer = tf.train.sgd(0.1);
  const training = await begin(model, new PruneAtInitialization({sparsity: 0.5, observedBatches: 4}), {optimizer});
  await training.epochBegin();
  await expectNoLeak(async () => {
    await training.batchBegin();
    const [x, y] = [tf.ones([4, 3]), tf.ones([4, 2])];
    const loss = () => tf.mean<tf.Scalar>(tf.squaredDifference(y, model.apply(x, {training: true}) as tf.Tensor));
    optimizer.minimize(loss, false, variables(model));
    tf.dispose([x, y]);
    training.abandon();
  });
});
