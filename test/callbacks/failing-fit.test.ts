import * as tf from '@tensorflow/tfjs';
import {learningRateOf} from '../../src/optimizers/learning-rate.js';
import {EVERY_CALLBACK, net} from '../support/every-callback.js';
import {isSparse, stateOf} from '../support/sparse-training.js';
import {saveAndLoad} from '../support/tensors.js';

const BATCHES = 4;
const MESSAGE = 'not ours';
const EXAMPLES = 3 * BATCHES;

type Hook = 'onTrainBegin' | 'onTrainEnd' | 'onEpochEnd' | 'onBatchBegin' | 'onBatchEnd';

/** Throws in a hook, in epochs and batches when it is called for the third time. */
function throwing(hook: Hook): tf.Callback {
  let calls = 0;
  const times = hook.startsWith('onBatch') ? 3 : 1;
  const callback = new tf.CustomCallback({}) as unknown as tf.Callback;
  callback[hook] = () => {
    if (++calls === times) throw new Error(MESSAGE);
    return Promise.resolve();
  };
  return callback;
}

const fitting =
  (x: tf.Tensor, y: tf.Tensor, callbacks: tf.Callback[], epochs = 2) =>
  (model: tf.LayersModel) =>
    model.fit(x, y, {epochs, batchSize: 3, verbose: 0, shuffle: false, callbacks});

type Fit = (model: tf.LayersModel, x: tf.Tensor, y: tf.Tensor, ours: tf.Callback[]) => Promise<unknown>;

const behind =
  (hook: Hook): Fit =>
  (model, x, y, ours) =>
    fitting(x, y, [...ours, throwing(hook)])(model);

/** All ways in which a fit fails. */
const FAILURES: Record<string, Fit> = {
  'onTrainBegin behind it': behind('onTrainBegin'),
  'onBatchBegin behind it': behind('onBatchBegin'),
  'onBatchEnd behind it': behind('onBatchEnd'),
  'onEpochEnd behind it': behind('onEpochEnd'),
  'onTrainEnd behind it': behind('onTrainEnd'),
  'onBatchEnd before it': (model, x, y, ours) => fitting(x, y, [throwing('onBatchEnd'), ...ours])(model),
  'the loss': async (model, x, y, ours) => {
    const inner = (model as unknown as {model: tf.LayersModel}).model;
    const {lossFunctions} = inner;
    let calls = 0;
    inner.lossFunctions = lossFunctions.map(loss => (targets, outputs) => {
      if (++calls === 3) throw new Error(MESSAGE);
      return loss(targets, outputs);
    });
    try {
      await fitting(x, y, ours)(model);
    } finally {
      inner.lossFunctions = lossFunctions;
    }
  },
  'the optimizer': async (model, x, y, ours) => {
    const applyGradients = model.optimizer.applyGradients.bind(model.optimizer);
    let epoch = 0; // probing may fill the first, in which the optimizer makes no step
    const watch = new tf.CustomCallback({onEpochBegin: now => void (epoch = now)}) as unknown as tf.Callback;
    model.optimizer.applyGradients = gradients => {
      if (epoch === 1) throw new Error(MESSAGE);
      applyGradients(gradients);
    };
    try {
      await fitting(x, y, [watch, ...ours])(model);
    } finally {
      delete (model.optimizer as Partial<tf.Optimizer>).applyGradients;
    }
  },
  'the data': async (model, x, y, ours) => {
    function* batches() {
      for (let i = 0; i < 2; i++) yield {xs: tf.slice(x, 3 * i, 3), ys: tf.slice(y, 3 * i, 3)};
      throw new Error(MESSAGE);
    }
    await model.fitDataset(tf.data.generator(batches as never), {epochs: 2, verbose: 0, callbacks: ours});
  },
  nothing: async (model, x, y, ours) => {
    await fitting(x, y, ours)(model);
    throw new Error(MESSAGE);
  },
};

let warnings: jest.SpyInstance;
let x: tf.Tensor;
let y: tf.Tensor;
beforeEach(() => {
  warnings = jest.spyOn(console, 'warn').mockImplementation();
  x = tf.randomNormal([EXAMPLES, 6], 0, 1, 'float32', 1);
  y = tf.randomNormal([EXAMPLES, 2], 0, 1, 'float32', 2);
});
afterEach(() => {
  tf.dispose([x, y]);
  warnings.mockRestore();
});

/** How many tensors there are more after something. */
async function growth(action: () => Promise<unknown>): Promise<number> {
  const before = tf.memory().numTensors;
  await action();
  return tf.memory().numTensors - before;
}

describe.each(Object.entries(FAILURES))('a fit that fails by %s', (_, fail) => {
  const failing = (model: tf.LayersModel, ours: tf.Callback[]) =>
    growth(() => expect(fail(model, x, y, ours)).rejects.toThrow(MESSAGE));
  const trainingOn = (model: tf.LayersModel) => growth(() => fitting(x, y, [], 1)(model)); // makes slots, too
  let leftByTfjs: number | undefined;
  const withoutOurs = async () => {
    const model = net();
    return (await failing(model, [])) + (await trainingOn(model));
  };

  test.each(Object.entries(EVERY_CALLBACK))('leaves nothing of %s', async (name, make) => {
    leftByTfjs ??= await withoutOurs();
    const model = net();
    const left = await failing(model, [make()]);
    expect(/regrowth/.test(name) || isSparse(model)).toBe(true);
    expect(learningRateOf(model.optimizer)).toBe(0.1);
    const stranger = await saveAndLoad(model, true); // has met no callback
    expect(left + (await trainingOn(model))).toBeLessThanOrEqual(leftByTfjs);
    await trainingOn(stranger);
    expect(stateOf(model)).toEqual(stateOf(stranger));
    for (const one of [model, stranger]) one.dispose();
  });
});
