import * as tf from '@tensorflow/tfjs';
import {prunable, taylor} from 'tfjs-pruning';
import {
  BackupAndRestore,
  GradualPruning,
  RigL,
  seededBatches,
  SparsityLogger,
  startTraining,
  StaticSparse,
  type BackupAndRestoreArgs,
  type CallbackState,
  type ResumableCallback,
} from 'tfjs-pruning/callbacks';
import {oneShot} from 'tfjs-pruning/schedules';
import {completeWasmBackend, FusedAdam, type WasmKernels} from 'tfjs-pruning/wasm';
import {
  BATCHES,
  CALLBACKS,
  digest,
  EPOCHS,
  OPTIMIZERS,
  train,
} from '../../examples/benchmarks/support/crash-training.js';
import {disposeWholly} from '../../src/tfjs-internals.js';
import {learningRateOf, setLearningRate} from '../../src/optimizers/learning-rate.js';
import {MemoryPlace} from '../support/memory-place.js';
import {net, OPTIMIZERS as SOME_OPTIMIZERS, stateOf} from '../support/sparse-training.js';
import {expectNoLeak} from '../support/tensors.js';

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

/** What stops a training as a kill does: a fit that fails tells its callbacks nothing. */
class Crash extends Error {}

/** Stops a training before a batch, counted from its start in this process. */
function crash(steps: number): tf.CustomCallback {
  return new tf.CustomCallback({
    onBatchBegin: () => {
      if (steps-- === 0) throw new Crash();
    },
  });
}

interface Run extends BackupAndRestoreArgs {
  place?: MemoryPlace;
  make?: () => tf.LayersModel;
  callbacks?: tf.Callback[];
  /** Further callbacks that restore() is not told of. */
  others?: tf.CustomCallback[];
  epochs?: number;
  crashAfter?: number;
  fit?: Partial<tf.ModelFitArgs>;
}

/** The lines of the README, on epochs of five batches. */
async function run({
  place = new MemoryPlace(),
  make = net,
  callbacks = [],
  others = [],
  epochs = 3,
  crashAfter = Infinity,
  fit = {},
  ...args
}: Run = {}): Promise<{model: tf.LayersModel; initialEpoch: number; history: tf.History | undefined}> {
  const x = tf.randomNormal([40, 4, 4, 2], 0, 1, 'float32', 1);
  const y = tf.randomNormal([40, 2], 0, 1, 'float32', 2);
  const backup = new BackupAndRestore(place, args);
  const {model, initialEpoch} = await backup.restore(make, callbacks);
  const list = [...callbacks, ...others, ...(crashAfter < Infinity ? [crash(crashAfter)] : []), backup];
  const options = {epochs, initialEpoch, batchSize: 8, verbose: 0 as const, shuffle: false, callbacks: list, ...fit};
  try {
    return {model, initialEpoch, history: await model.fit(x, y, options)};
  } catch (error) {
    if (error instanceof Crash) return {model, initialEpoch, history: undefined};
    throw error;
  } finally {
    tf.dispose([x, y]);
  }
}

function dispose(model: tf.LayersModel): void {
  const {optimizer} = model;
  disposeWholly(model); // one of its layers is used twice
  optimizer.dispose();
}

describe('a training that goes on is equal, bit by bit, to one that never stopped', () => {
  const all: [string, () => tf.Optimizer][] = [
    ...SOME_OPTIMIZERS.map(([name, make]): [string, () => tf.Optimizer] => [name, make]),
    ['centered rmsprop', () => tf.train.rmsprop(0.01, 0.9, 0.5, 0.1, true)],
    ['adamax with decay', () => new tf.AdamaxOptimizer(0.01, 0.9, 0.999, 1e-7, 0.1)],
    ['fused adam', () => new FusedAdam(0.01)],
  ];

  test.each(all)('by %s, and its history ends in the same way', async (_name, optimizer) => {
    const make = () => net(optimizer());
    const whole = await run({make});
    for (const [every, crashAfter] of [
      [1, 0],
      [2, 7],
      ['epoch', 12],
      [1, 10],
    ] as const) {
      const place = new MemoryPlace();
      dispose((await run({place, make, every, crashAfter})).model);
      const {model, history} = await run({place, make, every});
      expect({every, state: stateOf(model)}).toEqual({every, state: stateOf(whole.model)});
      expect(model.optimizer.iterations).toBe(15);
      expect(history!.history['loss']).toEqual(whole.history!.history['loss']!.slice(-history!.epoch.length));
      dispose(model);
    }
    dispose(whole.model);
  });

  const pairs = Object.keys(CALLBACKS).flatMap(callback =>
    Object.keys(OPTIMIZERS).map(optimizer => [callback, optimizer]),
  );
  test.each(pairs)('of %s by %s, in orders that are shuffled', async (callback, optimizer) => {
    const never = () => new tf.CustomCallback({});
    const training = {callback: callback, optimizer: optimizer, every: 1} as const;
    const whole = await train({...training, place: new MemoryPlace()}, never);
    const pair = pairs.findIndex(([one, other]) => one === callback && other === optimizer);
    for (const step of [1 + ((5 * pair) % 23), 1 + ((5 * pair + 11) % 23)]) {
      const place = new MemoryPlace();
      const every = ([1, 4, 'epoch'] as const)[step % 3]!;
      await expect(train({...training, every, place}, () => crash(step))).rejects.toThrow(Crash);
      const resumed = await train({...training, every, place}, never);
      expect({step, every, digest: digest(resumed)}).toEqual({step, every, digest: digest(whole)});
      dispose(resumed);
    }
    dispose(whole);
  });

  test('also where it stops again and again', async () => {
    const whole = await run({callbacks: [new RigL({sparsity: 0.5, seed: 1, endStep: 12, frequency: 4})]});
    const place = new MemoryPlace();
    for (;;) {
      const callbacks = [new RigL({sparsity: 0.5, seed: 1, endStep: 12, frequency: 4})];
      const {history, model} = await run({place, callbacks, every: 1, crashAfter: 3 + place.saves});
      if (history) {
        expect(stateOf(model)).toEqual(stateOf(whole.model));
        break;
      }
    }
    expect(place.saves).toBe(15);
  });
});

describe('what is saved', () => {
  test('the learning rate of now, which the new model may have another of', async () => {
    const place = new MemoryPlace();
    const others = [
      new tf.CustomCallback({
        onEpochEnd: () => {
          setLearningRate(inFit!.optimizer, learningRateOf(inFit!.optimizer) / 2);
        },
      }),
    ];
    let inFit: tf.LayersModel | undefined;
    const make = (rate: number) => () => (inFit = net(tf.train.momentum(rate, 0.9)));
    await run({place, make: make(0.1), others, deleteAtEnd: false, epochs: 2});
    const {model} = await run({place, make: make(7), deleteAtEnd: false, epochs: 2});
    expect(learningRateOf(model.optimizer)).toBe(0.025);
  });

  class Counter extends tf.Callback implements ResumableCallback {
    seen: string[] = [];
    state(): Promise<CallbackState> {
      return Promise.resolve({
        json: {seen: this.seen, nothing: undefined},
        tensors: {'any name: 1': tf.tensor1d([NaN, -0, 3])},
      });
    }
    async restore({json, tensors}: CallbackState): Promise<void> {
      this.seen = [...(json['seen'] as string[])];
      const values = [...(await tensors['any name: 1']!.data())];
      expect(values).toEqual([NaN, -0, 3]);
    }
    override onBatchBegin(batch: number): Promise<void> {
      this.seen.push(`${batch}`);
      return Promise.resolve();
    }
  }

  test('the state of a callback of your own, which sees no batch twice', async () => {
    const place = new MemoryPlace();
    await run({place, callbacks: [new Counter()], every: 1, crashAfter: 7});
    const counter = new Counter();
    const seen: (number | string)[] = [];
    const others = [
      new tf.CustomCallback({
        onBatchBegin: batch => void seen.push(batch),
        onBatchEnd: batch => void seen.push(`${batch}`),
        onEpochEnd: epoch => void seen.push(`epoch ${epoch}`),
      }),
    ];
    await run({place, callbacks: [counter], others, every: 1});
    expect(counter.seen.join(' ')).toBe('0 1 2 3 4 0 1 2 3 4 0 1 2 3 4');
    expect(seen.slice(0, 7)).toEqual([2, '2', 3, '3', 4, '4', 'epoch 1']);
    expect(counter.params['passedOver']).toBe(2);
    expect(Object.keys(Object.getOwnPropertyDescriptors(counter))).not.toContain('onBatchBegin');
  });

  test('what JSON can not hold in such a state is an error that names it', async () => {
    const callback = Object.assign(new Counter(), {
      state: () => Promise.resolve({json: {list: [1, {best: Infinity}]}, tensors: {a: tf.scalar(1)}}),
    });
    const before = tf.memory().numTensors;
    await expect(run({callbacks: [callback]})).rejects.toThrow(
      'got Infinity (number) in the state of callbacks[0] (Counter), `list`, `1`, `best`',
    );
    expect(tf.memory().numTensors).toBeGreaterThan(before); // the model is the caller's
  });

  test('what the user has written into the model', async () => {
    const place = new MemoryPlace();
    const make = () => {
      const model = net();
      model.setUserDefinedMetadata({classes: ['a', 'b'], conv2d_1: 1});
      return model;
    };
    await run({place, make, deleteAtEnd: false});
    const {model} = await run({place, deleteAtEnd: false});
    expect(model.getUserDefinedMetadata()).toEqual({classes: ['a', 'b'], conv2d_1: 1});
  });

  test('leaves no tensors behind, in a training and in one that is resumed', async () => {
    const [place, make] = [new MemoryPlace(), () => net(tf.train.adam(0.01))];
    const callbacks = () => [new GradualPruning({schedule: oneShot({targetSparsity: 0.5, beginStep: 4})})];
    await run({place, make, callbacks: callbacks(), every: 2, crashAfter: 8});
    const {saved} = place;
    const kept = async (body: () => Promise<tf.LayersModel>): Promise<number> => {
      const before = tf.memory().numTensors;
      dispose(await body());
      return tf.memory().numTensors - before;
    };
    const plain = await kept(() => Promise.resolve(make())); // what was wrapped is a model of its own
    for (const from of [undefined, saved]) {
      place.saved = from;
      expect(await kept(async () => (await run({place, make, callbacks: callbacks(), every: 2})).model)).toBe(plain);
    }
  });
});

describe('the end', () => {
  test('takes the backup away, by default, also where the model has stopped itself', async () => {
    const place = new MemoryPlace();
    await run({place, crashAfter: 6});
    expect(place.saved).toBeDefined();
    let model: tf.LayersModel;
    const make = () => (model = net());
    const others = [new tf.CustomCallback({onEpochEnd: () => void (model.stopTraining = true)})];
    const {history} = await run({place, make, others});
    expect(history!.epoch).toEqual([1]);
    expect(place.saved).toBeUndefined();
  });

  test('leaves the trained model, with which there is nothing to do', async () => {
    const place = new MemoryPlace();
    const {model} = await run({place, deleteAtEnd: false});
    const again = await run({place, deleteAtEnd: false});
    expect(again.initialEpoch).toBe(3);
    expect(again.history!.epoch).toEqual([]);
    expect(stateOf(again.model)).toEqual(stateOf(model));
    const more = await run({place, deleteAtEnd: false, epochs: 4});
    expect(more.history!.epoch).toEqual([3]);
  });

  test('is noted where nothing can be removed, and then there is no backup', async () => {
    const memory = new MemoryPlace();
    const handler = {save: memory.save.bind(memory), load: memory.load.bind(memory)};
    for (let i = 0; i < 2; i++) {
      const backup = new BackupAndRestore(handler);
      const {model, initialEpoch} = await backup.restore(net, []);
      expect(initialEpoch).toBe(0);
      const x = tf.zeros([8, 4, 4, 2]);
      await model.fit(x, tf.zeros([8, 2]), {epochs: 1, verbose: 0, shuffle: false, callbacks: [backup]});
      expect((memory.saved!.weightData as ArrayBuffer).byteLength).toBe(0);
    }
  });

  test('of one fit may be the beginning of the next, at the epoch after it', async () => {
    const backup = new BackupAndRestore(new MemoryPlace(), {deleteAtEnd: false});
    const {model} = await backup.restore(net, []);
    const [x, y] = [tf.zeros([8, 4, 4, 2]), tf.zeros([8, 2])];
    const fit = (initialEpoch: number) =>
      model.fit(x, y, {epochs: initialEpoch + 1, initialEpoch, verbose: 0, shuffle: false, callbacks: [backup]});
    await fit(0);
    await fit(1);
    await expect(fit(1)).rejects.toThrow('Expected fit to go on with epoch 2, where this training is, got 1');
    await fit(2);
  });
});

describe('restore refuses, with the difference, and changes nothing', () => {
  const dense = (units: number, more: object = {}) => tf.layers.dense({name: 'd', units, inputShape: [3], ...more});
  type Compiled = {optimizer?: string | tf.Optimizer; wrap?: boolean; metrics?: string[]};
  const compiled = (layers: tf.layers.Layer[], {optimizer = 'adam', wrap = true, metrics = ['mae']}: Compiled = {}) => {
    const plain = tf.sequential({layers});
    const model = wrap ? prunable(plain) : plain;
    model.compile({optimizer, loss: 'meanSquaredError', metrics});
    return model;
  };
  const original = () => compiled([dense(4), tf.layers.dense({name: 'e', units: 1})]);
  const callbacks = () => [new StaticSparse({sparsity: 0.5, seed: 1}), new SparsityLogger({print: null})];
  const place = new MemoryPlace();

  beforeAll(async () => {
    const list = callbacks();
    const backup = new BackupAndRestore(place, {every: 1});
    const {model} = await backup.restore(original, list);
    const [x, y] = [tf.randomNormal([4, 3]), tf.randomNormal([4, 1])];
    const options = {
      epochs: 2,
      batchSize: 2,
      verbose: 0,
      shuffle: false,
      callbacks: [...list, crash(3), backup],
    } as const;
    await expect(model.fit(x, y, {...options, callbacks: [...options.callbacks]})).rejects.toThrow(Crash);
  });

  test.each<[string, () => tf.LayersModel, RegExp]>([
    [
      'other units',
      () => compiled([dense(5), tf.layers.dense({name: 'e', units: 1})]),
      /`units` of layer "d" \(Dense\) is 5, and was 4/,
    ],
    [
      'another name',
      () => compiled([dense(4), tf.layers.dense({name: 'f', units: 1})]),
      /there was layer "e" \(PrunableDense\) there is layer "f"/,
    ],
    [
      'another activation',
      () => compiled([dense(4, {activation: 'relu'}), tf.layers.dense({name: 'e', units: 1})]),
      /`activation` of layer "d" \(Dense\) is "relu", and was "linear"/,
    ],
    [
      'a layer more',
      () => compiled([dense(4), tf.layers.dense({name: 'e', units: 1}), tf.layers.reLU({name: 'r'})]),
      /is new: it is layer "r" \(ReLU\)/,
    ],
    [
      'no wrappers',
      () => compiled([dense(4), tf.layers.dense({name: 'e', units: 1})], {wrap: false}),
      /there was layer "d" \(PrunableDense\) there is layer "d" \(Dense\)/,
    ],
    [
      'another optimizer',
      () => compiled([dense(4), tf.layers.dense({name: 'e', units: 1})], {optimizer: 'sgd'}),
      /the optimizer is "SGD", and was "Adam"/,
    ],
    [
      'another beta',
      () => compiled([dense(4), tf.layers.dense({name: 'e', units: 1})], {optimizer: tf.train.adam(0.001, 0.8)}),
      /`beta1` of the optimizer is 0.8, and was 0.9/,
    ],
    [
      'a frozen layer',
      () => compiled([dense(4, {trainable: false}), tf.layers.dense({name: 'e', units: 1})]),
      /`trainable` of layer "d" .* is false, and was true/,
    ],
    [
      'other metrics within the epoch',
      () => compiled([dense(4), tf.layers.dense({name: 'e', units: 1})], {metrics: []}),
      /`logs` of the epoch that it is in is/,
    ],
  ])('%s', async (_, make, message) => {
    const model = make();
    const before = stateOf(model);
    const list = callbacks();
    const states = await Promise.all(list.map(async callback => (await callback.state()).json));
    await expectNoLeak(() => expect(new BackupAndRestore(place).restore(() => model, list)).rejects.toThrow(message));
    expect(stateOf(model)).toEqual(before);
    expect(await Promise.all(list.map(async callback => (await callback.state()).json))).toEqual(states);
  });

  test.each<[string, () => tf.Callback[], RegExp]>([
    [
      'a callback less',
      () => callbacks().slice(1),
      /entry 0 of the list of callbacks is "SparsityLogger", and was "StaticSparse"/,
    ],
    [
      'another order',
      () => callbacks().reverse(),
      /entry 0 of the list of callbacks is "SparsityLogger", and was "StaticSparse"/,
    ],
    [
      'another class',
      () => [new RigL({sparsity: 0.5, endStep: 300}), callbacks()[1]!],
      /is "RigL", and was "StaticSparse"/,
    ],
    [
      'other options',
      () => [callbacks()[0]!, new StaticSparse({sparsity: 0.5, seed: 1})],
      /entry 1 .* is "StaticSparse", and was "SparsityLogger"/,
    ],
    ['another option', () => [new StaticSparse({sparsity: 0.6, seed: 1}), callbacks()[1]!], /`sparsity`/],
  ])('%s of callbacks', async (_, list, message) => {
    const model = original();
    const before = stateOf(model);
    await expectNoLeak(() => expect(new BackupAndRestore(place).restore(() => model, list())).rejects.toThrow(message));
    expect(stateOf(model)).toEqual(before);
  });

  test('a state that a later callback refuses: the others have theirs again', async () => {
    const [first] = callbacks();
    const second = Object.assign(new SparsityLogger({print: null}), {
      restore: () => Promise.reject(new Error('not mine')),
    });
    const before = await first!.state();
    await expect(new BackupAndRestore(place).restore(original, [first!, second])).rejects.toThrow('not mine');
    expect((await first!.state()).json).toEqual(before.json);
  });

  test('not for names that tf.js has made up, nor for other initializers, losses and seeds of them', async () => {
    const memory = new MemoryPlace();
    const make = () => {
      const layers = [
        tf.layers.dense({units: 4, inputShape: [3]}),
        tf.layers.dense({units: 1, kernelInitializer: 'zeros'}),
      ];
      return compiled(layers);
    };
    const schedule = oneShot({targetSparsity: 0.5, beginStep: 5});
    const list = () => [new GradualPruning({schedule, criterion: taylor()})];
    for (const epochs of [1, 2]) {
      const own = list();
      const backup = new BackupAndRestore(memory, {deleteAtEnd: false});
      const {model, initialEpoch} = await backup.restore(make, own);
      expect(initialEpoch).toBe(epochs - 1);
      const [x, y] = [tf.zeros([6, 3]), tf.zeros([6, 1])];
      await model.fit(x, y, {
        epochs,
        initialEpoch,
        batchSize: 2,
        verbose: 0,
        shuffle: false,
        callbacks: [...own, backup],
      });
    }
  });

  test('what is no backup, and what another version has made', async () => {
    const memory = new MemoryPlace();
    await net().save(memory);
    await expect(new BackupAndRestore(memory).restore(net, [])).rejects.toThrow(
      /something else is there; choose another place/,
    );
    memory.saved = JSON.parse(JSON.stringify({...place.saved, weightData: undefined})) as tf.io.ModelArtifacts;
    memory.saved.weightData = new ArrayBuffer(0);
    (memory.saved.userDefinedMetadata as {backup: {version: number}}).backup.version = 99;
    await expect(new BackupAndRestore(memory).restore(original, callbacks())).rejects.toThrow(/of version 1, got 99/);
  });

  test('what can not be read: nothing is begun, and nothing overwritten', async () => {
    const handler = {save: jest.fn(), load: () => Promise.reject(new Error('network is down'))};
    await expect(new BackupAndRestore(handler).restore(net, [])).rejects.toThrow('network is down');
    expect(handler.save).not.toHaveBeenCalled();
  });

  test('arguments that are none, and a model function that throws or gives no compiled model', async () => {
    const backup = new BackupAndRestore(new MemoryPlace());
    await expectNoLeak(async () => {
      await expect(backup.restore(undefined as never, [])).rejects.toThrow(
        'a function that makes a compiled model, got undefined',
      );
      await expect(backup.restore(net, undefined as never)).rejects.toThrow('[] if there are none, got undefined');
      await expect(backup.restore(net, [{} as tf.Callback])).rejects.toThrow(
        'wrap plain objects as new tf.CustomCallback',
      );
      await expect(backup.restore(net, [backup])).rejects.toThrow('all callbacks but BackupAndRestore itself');
      await expect(backup.restore(() => Promise.reject(new Error('no data')), [])).rejects.toThrow('no data');
      await expect(backup.restore(() => ({}) as tf.LayersModel, [])).rejects.toThrow(
        'BackupAndRestore expects a tf.Sequential',
      );
    });
    const plain = tf.sequential({layers: [dense(1)]});
    await expect(backup.restore(() => plain, [])).rejects.toThrow('call compile() first');
  });
});

describe('fit refuses', () => {
  const [x, y] = [() => tf.zeros([8, 4, 4, 2]), () => tf.zeros([8, 2])];
  const started = async (callbacks: tf.Callback[] = []) => {
    const backup = new BackupAndRestore(new MemoryPlace());
    const {model} = await backup.restore(net, callbacks);
    return {
      backup,
      fit: (list: unknown[], args = {}) =>
        model.fit(x(), y(), {epochs: 1, verbose: 0, shuffle: false, callbacks: list as tf.Callback[], ...args}),
    };
  };

  test('a training without restore, also where the fit before has failed', async () => {
    const expected = /expects restore\(\) before each training.*backup\.restore\(\(\) => newCompiledModel, callbacks\)/;
    await expect(net().fit(x(), y(), {callbacks: [new BackupAndRestore(new MemoryPlace())]})).rejects.toThrow(expected);
    const {backup, fit} = await started();
    await expect(fit([crash(0), backup])).rejects.toThrow(Crash);
    await expect(fit([backup])).rejects.toThrow(expected);
  });

  test('another model', async () => {
    const {backup} = await started();
    await expect(net().fit(x(), y(), {verbose: 0, callbacks: [backup]})).rejects.toThrow(
      /not the one that restore\(\) has given/,
    );
  });

  test('another place in the list, or a list that restore has not seen', async () => {
    const logger = new SparsityLogger({print: null});
    const {backup, fit} = await started([logger]);
    const last = 'BackupAndRestore expects to be the last callback of fit';
    await expect(fit([backup, logger])).rejects.toThrow(
      `${last}, behind those that restore() was given, but SparsityLogger is`,
    );
    await expect(fit([logger, {onEpochEnd: () => undefined}, backup])).rejects.toThrow('wrap plain objects');
    await expect(fit([logger, new SparsityLogger({print: null}), backup])).rejects.toThrow(
      'restore() was not given SparsityLogger',
    );
    const other = await started([new SparsityLogger({print: null})]);
    await expect(other.fit([other.backup])).rejects.toThrow('SparsityLogger is behind it, or not in the list');
  });

  test('an initialEpoch that is not where the training is, of fitDataset too', async () => {
    const place = new MemoryPlace();
    await run({place, crashAfter: 6});
    await expect(run({place, fit: {initialEpoch: 0}})).rejects.toThrow(
      'go on with epoch 1, where this training is, got 0',
    );
    const backup = new BackupAndRestore(place);
    const {model} = await backup.restore(net, []);
    const dataset = seededBatches(x(), y());
    await expect(model.fitDataset(dataset, {epochs: 3, verbose: 0, callbacks: [backup]})).rejects.toThrow('got 0');
  });

  test('to go on within an epoch that is divided in another way', async () => {
    const place = new MemoryPlace();
    await run({place, every: 1, crashAfter: 7});
    await expect(run({place, every: 1, fit: {batchSize: 4}})).rejects.toThrow(
      /`batchSize` of the epoch is 4, and was 8/,
    );
  });

  test('to write over the backup of another training', async () => {
    const place = new MemoryPlace();
    let other: Promise<unknown> | undefined;
    const others = [
      new tf.CustomCallback({
        onEpochEnd: async epoch => {
          if (epoch === 1) await (other ??= run({place: elsewhere, deleteAtEnd: false}));
        },
      }),
    ];
    const elsewhere = new MemoryPlace();
    elsewhere.save = artifacts => place.save(artifacts);
    await expect(run({place, others})).rejects.toThrow(
      /found a backup of another training in the handler, written since/,
    );
    expect(place.saves).toBeGreaterThan(3); // the other one's are there
    const two = await run({place, deleteAtEnd: false});
    expect(two.initialEpoch).toBe(3);
  });

  test('to go on where it can not save; the old backup stays', async () => {
    const place = new MemoryPlace();
    const save = place.save.bind(place);
    place.save = artifacts => (place.saves === 1 ? Promise.reject(new Error('the disk is full')) : save(artifacts));
    await expect(run({place})).rejects.toThrow(
      'BackupAndRestore could not save to the handler, and training stops: the disk is full',
    );
    place.save = save;
    expect((await run({place})).initialEpoch).toBe(1);
  });

  test('another optimizer than the one that was restored', async () => {
    const backup = new BackupAndRestore(new MemoryPlace());
    const {model} = await backup.restore(net, []);
    model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
    await expect(model.fit(x(), y(), {verbose: 0, callbacks: [backup]})).rejects.toThrow(
      /in a fit of another optimizer/,
    );
  });

  test('options that are none', () => {
    expect(() => new BackupAndRestore('')).toThrow('Expected a URL with a path, got "" (string)');
    expect(() => new BackupAndRestore('file://')).toThrow('Expected a URL with a path');
    expect(() => new BackupAndRestore('nowhere://x')).toThrow(
      'a URL that tf.js can save to and load from, such as "file://./backup" or "indexeddb://backup", got ' +
        '"nowhere://x"',
    );
    expect(() => new BackupAndRestore({} as never)).toThrow('or a handler with save() and load(), got an Object');
    const place = new MemoryPlace();
    expect(() => new BackupAndRestore(place, {every: 0})).toThrow('`every` to be a whole number >= 1, got 0');
    expect(() => new BackupAndRestore(place, {every: 'step' as never})).toThrow('`every`');
    expect(() => new BackupAndRestore(place, {deleteAtEnd: 1 as never})).toThrow('`deleteAtEnd` to be true or false');
    expect(() => new BackupAndRestore(place, {evry: 1} as never)).toThrow('no option `evry`');
  });
});

describe('is said, once', () => {
  const said = () =>
    warnings.mock.calls
      .flat()
      .map(String)
      .filter(line => line.startsWith('BackupAndRestore: '));

  test('that EarlyStopping begins anew', async () => {
    await run({callbacks: [tf.callbacks.earlyStopping({monitor: 'loss', patience: 9})]});
    expect(said()).toEqual([expect.stringMatching(/EarlyStopping has no state to save/)]);
  });

  test('that fit shuffles by Math.random, and that layers draw from it', async () => {
    await run({fit: {shuffle: true}});
    expect(said()).toEqual([
      expect.stringMatching(/not be equal bit by bit .*: fit shuffles by Math\.random \(use `shuffle: false`/),
    ]);
    warnings.mockClear();
    const make = () => {
      const layers = [
        tf.layers.flatten({inputShape: [4, 4, 2]}),
        tf.layers.dropout({name: 'drop', rate: 0.5}),
        tf.layers.dropout({name: 'seeded', rate: 0.5, seed: 1}),
        tf.layers.dense({units: 2}),
      ];
      const model = tf.sequential({layers});
      model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
      return model;
    };
    await run({make});
    expect(said()).toEqual([expect.stringMatching(/: random numbers are drawn from Math\.random by "drop"\.$/)]);
  });

  test('that the backup was made on another backend; nothing where all can be repeated', async () => {
    const place = new MemoryPlace();
    await run({place, crashAfter: 6});
    const {backup} = place.saved!.userDefinedMetadata as {backup: {backend: string}};
    expect(backup.backend).toMatch(/^\w+ .*of tf.js 4\./);
    await run({place, crashAfter: 1});
    expect(said()).toEqual([]);
    backup.backend = 'webgl of tf.js 4.22.0';
    place.saved!.userDefinedMetadata = {backup};
    await run({place});
    expect(said()).toEqual([expect.stringMatching(/was made on webgl of tf.js 4\.22\.0 and is resumed on /)]);
  });
});

test('says that the kernels of the wasm backend were others', async () => {
  if (tf.getBackend() !== 'wasm') return; // the only one whose kernels are ours
  const place = new MemoryPlace();
  await run({place, crashAfter: 6});
  const kernels = tf.env().getString('WASM_KERNELS');
  completeWasmBackend({kernels: 'composed'});
  await run({place});
  completeWasmBackend({kernels: kernels as WasmKernels});
  const said = new RegExp(`completed with ${kernels} kernels\\) .* is resumed on .* with composed kernels\\)`);
  expect(warnings.mock.calls.flat()).toEqual([expect.stringMatching(said)]);
});

test('goes on in a training loop of your own, from the end of an epoch', async () => {
  const place = new MemoryPlace();
  const loop = async (epochs: number, until: number) => {
    const [backup, pruning] = [new BackupAndRestore(place), new StaticSparse({sparsity: 0.5, seed: 1})];
    const {model, initialEpoch} = await backup.restore(net, [pruning]);
    const training = await startTraining(model, [pruning, backup], {epochs, initialEpoch});
    const variables = model.trainableWeights.map(weight => weight.read() as tf.Variable);
    for (let epoch = initialEpoch; epoch < until; epoch++) {
      await training.epochBegin();
      for (let batch = 0; batch < 2; batch++) {
        await training.batchBegin();
        const x = tf.randomNormal([4, 4, 4, 2], 0, 1, 'float32', 1 + 2 * epoch + batch);
        const cost = () => tf.mean<tf.Scalar>(tf.square(model.apply(x, {training: true}) as tf.Tensor));
        tf.dispose([model.optimizer.minimize(cost, true, variables)!, x]);
        await training.batchEnd();
      }
      await training.epochEnd();
    }
    if (until === epochs) await training.end();
    else training.abandon();
    return stateOf(model);
  };
  const whole = await loop(3, 3);
  await loop(3, 1);
  expect(place.saved).toBeDefined();
  expect(await loop(3, 3)).toEqual(whole);
  expect(place.saved).toBeUndefined();
  await run({place, every: 1, crashAfter: 3, callbacks: [new StaticSparse({sparsity: 0.5, seed: 1})]});
  await expect(loop(3, 3)).rejects.toThrow('goes on inside epoch 0, which only fit and fitDataset can do');
});

test('a training of so many steps is what the tests above go by', () => expect(EPOCHS * BATCHES).toBe(24));
