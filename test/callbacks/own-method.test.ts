import * as tf from '@tensorflow/tfjs';
import {filters, magnitude, prunable, taylor, type PrunableLayer} from 'tfjs-pruning';
import {
  PruningCallback,
  updateMasks,
  type Method,
  type PruningCallbackArgs,
  type PrunedTraining,
} from 'tfjs-pruning/callbacks';
import {expectNoLeak} from '../support/tensors.js';

const BATCHES = 3;

function net(optimizer: tf.Optimizer = tf.train.momentum(0.1, 0.9)): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 3});
  const layers = [
    tf.layers.dense({name: 'hidden', units: 4, inputShape: [5], kernelInitializer}),
    tf.layers.dense({name: 'output', units: 2, kernelInitializer}),
  ];
  const model = prunable(tf.sequential({layers}));
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

async function fit(model: tf.LayersModel, callbacks: tf.Callback[], epochs = 2): Promise<tf.History> {
  const x = tf.randomNormal([BATCHES * 2, 5], 0, 1, 'float32', 1);
  const y = tf.randomNormal([BATCHES * 2, 2], 0, 1, 'float32', 2);
  try {
    return await model.fit(x, y, {epochs, batchSize: 2, verbose: 0, shuffle: false, callbacks});
  } finally {
    tf.dispose([x, y]);
  }
}

/** Notes what it is called for, and prunes half of the weights at step 2. */
function noting(called: string[], more: Partial<Method> = {}): Method {
  const at = ({step}: PrunedTraining) => step;
  return {
    keepsZeros: () => true,
    prepare: training => void called.push(`prepare ${at(training)}`),
    atStep(training) {
      called.push(`step ${at(training)}`);
      return training.step === 2 ? updateMasks(training.weights, 0.5) : Promise.resolve(undefined);
    },
    batchBegin: training => void called.push(`begin ${at(training)}`),
    batchEnd: () => void called.push('end'),
    release: () => void called.push('release'),
    ...more,
  };
}

const maskOf = (model: tf.LayersModel, layer = 'hidden') => [
  ...(model.getLayer(layer) as PrunableLayer).maskedWeights[0]!.mask.read().dataSync(),
];
const kernelOf = (model: tf.LayersModel, layer = 'hidden') => [
  ...(model.getLayer(layer) as PrunableLayer).maskedWeights[0]!.kernel.read().dataSync(),
];

let warn: jest.SpyInstance;
beforeEach(() => (warn = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warn.mockRestore());

test('is called at each step, around each batch, and when a fit begins and ends', async () => {
  const called: string[] = [];
  const callback = new PruningCallback(noting(called));
  const {history} = await fit(net(), [callback]);
  expect(called).toEqual([
    ...['prepare 0', 'step 0'],
    ...['begin 0', 'end', 'step 1', 'begin 1', 'end', 'step 2', 'begin 2', 'end', 'step 3'],
    ...['begin 3', 'end', 'step 4', 'begin 4', 'end', 'step 5', 'begin 5', 'end', 'step 6'],
    'release',
  ]);
  expect(history['sparsity']).toEqual([0.5, 0.5]);
  expect([callback.step, callback.sparsity]).toEqual([6, 0.5]);
});

test('with epochs as steps, by its own choice, unless it is told otherwise', async () => {
  for (const [args, last] of [
    [{}, 'step 2'],
    [{stepUnit: 'batch'}, 'step 6'],
  ] as [PruningCallbackArgs, string][]) {
    const called: string[] = [];
    await fit(net(), [new PruningCallback(noting(called, {stepUnit: 'epoch'}), args)]);
    expect(called.filter(each => each.startsWith('step')).at(-1)).toBe(last);
  }
});

test('updates that are deferred wait for the next batch', async () => {
  const called: string[] = [];
  const model = net();
  await fit(model, [new PruningCallback(noting(called, {defersUpdates: true}))], 1);
  expect(called.slice(1, 4)).toEqual(['step 0', 'begin 0', 'end']);
  expect(called.at(-3)).toBe('begin 2');
  expect(called).not.toContain('step 3');
});

test('zeros are kept in the kernels while the method says so, and right after an update', async () => {
  const model = net();
  const zerosAt: number[] = [];
  const count = new tf.CustomCallback({
    onBatchEnd: () => void zerosAt.push(kernelOf(model).filter(value => value === 0).length),
  });
  const regrowing = noting([], {
    atStep: ({step, weights}) =>
      step === 2 ? updateMasks(weights, 0.5, {regrowth: true}) : Promise.resolve(undefined),
    keepsZeros: step => step < 4,
    straightThrough: true,
  });
  await fit(model, [new PruningCallback(regrowing), count as unknown as tf.Callback]);
  expect(zerosAt).toEqual([0, 10, 10, 10, 0, 0]); // the batch of step 3 still ends with zeros
});

test('what belongs to whole units of its structure is kept at zero, too', async () => {
  const model = net();
  const structure = filters();
  const pruning = noting([], {
    structure,
    atStep: ({step, weights}) => (step === 1 ? updateMasks(weights, 0.5, {structure}) : Promise.resolve(undefined)),
  });
  await fit(model, [new PruningCallback(pruning, {layers: 'hidden'})]);
  const bias = model.getLayer('hidden').getWeights()[1]!.dataSync();
  expect([...bias].filter(value => value === 0)).toHaveLength(2);
});

test('observes as it asks to, and is given the sums', async () => {
  const seen: (number[] | undefined)[] = [];
  const observing = noting([], {
    observes: {criterion: taylor(), updates: {updatesAt: step => step === 2, endStep: 2}, batches: 1},
    atStep({step, weights, seen: {gathered}}) {
      if (step === 2) seen.push(...weights.map(({weight}) => gathered?.get(weight)?.shape));
      return Promise.resolve(undefined);
    },
  });
  await fit(net(), [new PruningCallback(observing)]);
  expect(seen).toEqual([
    [5, 4],
    [4, 2],
  ]);
});

test('says once if a fit ends before its goal', async () => {
  const goal = {name: 'the goal', isReachedAt: (step: number) => step >= 9, remedy: 'Train on'};
  const callback = new PruningCallback(noting([], {goal}));
  await fit(net(), [callback]);
  expect(warn.mock.calls).toEqual([['PruningCallback: this fit will stop at step 6, before the goal. Train on.']]);
});

test.each(['prepare', 'atStep', 'batchBegin', 'batchEnd'] as const)(
  'is released, and nothing is left of it, if its %s fails',
  async hook => {
    const model = net();
    await fit(model, []);
    const called: string[] = [];
    const failing = noting(called, {
      straightThrough: true,
      [hook]: () => {
        throw new Error('failed');
      },
    });
    await expect(fit(model, [new PruningCallback(failing)])).rejects.toThrow('failed');
    expect(called.filter(each => each === 'release')).toHaveLength(1);
    expect(maskOf(model)).not.toContain(0);
    expect((model.getLayer('hidden') as PrunableLayer).maskedWeights[0]!.straightThrough).toBe(false);
    await expectNoLeak(async () => void (await fit(model, [])));
  },
);

test('what is ours is released also if its own release fails', async () => {
  const model = net();
  const failing = noting([], {
    straightThrough: true,
    release: () => {
      throw new Error('failed');
    },
  });
  await expect(fit(model, [new PruningCallback(failing)])).rejects.toThrow('failed');
  expect((model.getLayer('hidden') as PrunableLayer).maskedWeights[0]!.straightThrough).toBe(false);
  await fit(model, [new PruningCallback(noting([]))]); // no claim is left
});

test('an update that failed is made when the next fit begins', async () => {
  const model = net();
  let fails = true;
  const pruning = noting([], {
    atStep({step, weights}) {
      if (step === 2 && fails) return Promise.reject(new Error('failed'));
      return step === 2 ? updateMasks(weights, 0.5) : Promise.resolve(undefined);
    },
  });
  const callback = new PruningCallback(pruning);
  await expect(fit(model, [callback])).rejects.toThrow('failed');
  expect(maskOf(model)).not.toContain(0);
  fails = false;
  await fit(model, [callback], 1);
  expect(maskOf(model).filter(bit => bit === 0)).toHaveLength(10);
  expect(callback.step).toBe(5);
});

test('tells its seed, and what it needs of those who run it', () => {
  const plain = new PruningCallback(noting([]));
  expect([plain.seed, plain.needsOptimizer, plain.drawsByName]).toEqual([undefined, false, false]);
  const memory = {seed: 4};
  const more = {memory, needsOptimizer: (step: number) => step < 3, drawsByName: true};
  const drawing = new PruningCallback(noting([], more), {initialStep: 2});
  expect([drawing.seed, drawing.needsOptimizer, drawing.drawsByName]).toEqual([4, true, true]);
  drawing.reset(3);
  expect(drawing.needsOptimizer).toBe(false);
});

describe('what it remembers', () => {
  const own = (refuses = false) => {
    const [memory, reset] = [{updates: 1}, jest.fn()];
    const method = noting([], {
      memory,
      state: () => Promise.resolve({json: {drawn: 3}, tensors: {noise: tf.scalar(memory.updates)}}),
      restore: ({json}) => (refuses && json['updates'] === 5 ? Promise.reject(new Error('not mine')) : undefined),
      reset,
    });
    return {memory, reset, callback: new PruningCallback(method)};
  };

  test('is its memory, and what it gives as its own state', async () => {
    const {memory, reset, callback} = own();
    const {json, tensors} = await callback.state();
    expect(json).toMatchObject({callback: 'PruningCallback', step: 0, updates: 1, drawn: 3});
    expect(Object.keys(tensors)).toEqual(['noise']);
    await callback.restore({json: {...json, updates: 5, step: 2}, tensors});
    expect([memory.updates, callback.step]).toEqual([5, 2]);
    callback.reset();
    expect([memory.updates, callback.step]).toEqual([1, 0]);
    expect(reset).toHaveBeenCalledTimes(1);
    tf.dispose(tensors);
  });

  test('stays if it refuses a state', async () => {
    const {memory, callback} = own(true);
    const {json, tensors} = await callback.state();
    const state = {json: {...json, updates: 5, step: 2}, tensors};
    await expectNoLeak(() => expect(callback.restore(state)).rejects.toThrow('not mine'));
    expect([memory.updates, callback.step]).toEqual([1, 0]);
    tf.dispose(tensors);
  });
});

test('refuses what is no method, and options that it does not know', () => {
  const make = (method: unknown, args?: object) => () => new PruningCallback(method as Method, args);
  expect(make(undefined)).toThrow('Expected `method` to be an object with atStep() and keepsZeros(), got undefined');
  expect(make({atStep: () => undefined})).toThrow('Expected `method` to be an object with atStep() and keepsZeros()');
  expect(make(noting([]), {typo: 1})).toThrow('PruningCallback has no option `typo`');
  expect(make(noting([]), {layers: 3})).toThrow('Expected `layers`');
  expect(make(noting([], {memory: {count: 1}}))).toThrow('Expected `method.memory` to use other names');
});

describe('updateMasks', () => {
  const prune = (update: (training: PrunedTraining) => ReturnType<typeof updateMasks>, model = net()) =>
    fit(model, [new PruningCallback({keepsZeros: () => true, atStep: update}, {layers: 'hidden'})], 1);

  test('has defaults for all that is not given', async () => {
    const [one, other] = [net(), net()];
    await prune(({weights}) => updateMasks(weights, 0.5), one);
    await prune(({weights}) => updateMasks(weights, 0.5, {criterion: magnitude()}), other);
    expect(maskOf(one).filter(bit => bit === 0)).toHaveLength(10);
    expect(maskOf(one)).toEqual(maskOf(other));
  });

  test.each<[string, unknown, object, RegExp]>([
    ['a sparsity of 1', 1, {}, /Expected `sparsity` to be a number in \[0, 1\), got 1/],
    ['an unknown option', 0.5, {layers: 'a'}, /updateMasks has no option `layers`/],
    ['no criterion', 0.5, {criterion: 3}, /`criterion`/],
    ['no boolean', 0.5, {regrowth: 1}, /Expected `regrowth` to be true or false, got 1/],
  ])('refuses %s, and changes nothing', async (_, sparsity, args, message) => {
    const model = net();
    await expect(prune(({weights}) => updateMasks(weights, sparsity as number, args), model)).rejects.toThrow(message);
    expect(maskOf(model)).not.toContain(0);
  });
});
