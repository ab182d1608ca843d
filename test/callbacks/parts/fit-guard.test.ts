import * as tf from '@tensorflow/tfjs';
import {FitGuard, type Guarded} from '../../../callbacks/parts/fit-guard.js';

/** Notes its hooks, and throws in one of them. */
class Noting extends tf.Callback {
  readonly called: string[];
  readonly guard: FitGuard;
  readonly #failsIn: string;

  constructor({called = [], failsIn = '', ...guarded}: Guarded & {called?: string[]; failsIn?: string} = {}) {
    super();
    this.called = called;
    this.#failsIn = failsIn;
    this.guard = new FitGuard(this, {release: () => void this.called.push('release'), ...guarded});
  }
  override onTrainBegin(): Promise<void> {
    return this.#note('onTrainBegin');
  }
  override onBatchBegin(batch: number): Promise<void> {
    return this.#note(`onBatchBegin ${batch}`);
  }
  override onBatchEnd(batch: number): Promise<void> {
    return this.#note(`onBatchEnd ${batch}`);
  }
  override onEpochEnd(epoch: number): Promise<void> {
    return this.#note(`onEpochEnd ${epoch}`);
  }
  override onTrainEnd(): Promise<void> {
    return this.#note('onTrainEnd');
  }
  #note(hook: string): Promise<void> {
    this.called.push(hook);
    return hook.startsWith(this.#failsIn) && this.#failsIn !== ''
      ? Promise.reject(new Error('failed'))
      : Promise.resolve();
  }
}

function net(name = 'net'): tf.Sequential {
  const model = tf.sequential({name, layers: [tf.layers.dense({units: 1, inputShape: [1]})]});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

async function fit(callbacks: tf.Callback[], model = net()): Promise<void> {
  const x = tf.ones([2, 1]);
  try {
    await model.fit(x, x, {batchSize: 1, verbose: 0, callbacks});
  } finally {
    x.dispose();
  }
}

const HOOKS_OF_FIT = [
  'onTrainBegin',
  'onBatchBegin 0',
  'onBatchEnd 0',
  'onBatchBegin 1',
  'onBatchEnd 1',
  'onEpochEnd 0',
  'onTrainEnd',
];

test('lets the hooks of a fit through, and releases once behind them', async () => {
  const callback = new Noting();
  await fit([callback]);
  await fit([callback]);
  const once = [...HOOKS_OF_FIT, 'release'];
  expect(callback.called).toEqual([...once, ...once]);
});

test.each(['onTrainBegin', 'onBatchBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd'])(
  'releases once if the fit fails in its %s, or in that of another',
  async failsIn => {
    const callback = new Noting({failsIn});
    await expect(fit([callback])).rejects.toThrow('failed');
    expect(callback.called.filter(hook => hook === 'release')).toHaveLength(1);
    expect(callback.called.at(-1)).toBe('release');
    const other = new Noting();
    await expect(fit([other, new Noting({failsIn})])).rejects.toThrow('failed');
    expect(other.called.filter(hook => hook === 'release')).toHaveLength(1);
  },
);

test('lets hooks of a subclass through, and calls none whose turn it is not', async () => {
  class Sub extends Noting {
    override async onEpochEnd(epoch: number): Promise<void> {
      await super.onEpochEnd(epoch);
      this.called.push('sub');
    }
  }
  const callback = new Sub();
  await fit([callback]);
  expect(callback.called.slice(5, 7)).toEqual(['onEpochEnd 0', 'sub']);
  await expect(callback.onEpochEnd(0)).rejects.toThrow(
    /^onEpochEnd of Sub was called for model ".*" without an onTrainBegin before it: use it in the callbacks/,
  );
  expect(callback.called).toHaveLength(9);
});

test('says what is missing, also by hooks that were taken off their object', async () => {
  const callback = new Noting();
  const hooks = {...callback} as unknown as Noting; // as tf.js takes them
  await expect(hooks.onTrainBegin()).rejects.toThrow(
    /^fit gave no model to Noting: use it in the callbacks of model.fit/,
  );
  callback.setModel(net());
  await expect(hooks.onTrainBegin()).rejects.toThrow(/^Noting has model "net.*", but no parameters of a fit: use it/);
  expect(() => callback.setModel({name: 'foreign', layers: []} as never)).toThrow(/two copies|another copy/);
  expect(callback.called).toEqual([]);
});

test('asks all of a list before the first one begins, each of those before it, and once', async () => {
  const called: string[] = [];
  const asked: string[][] = [];
  const member = (name: string, refuses = false): Noting => {
    const callback: Noting & {name?: string} = new Noting({
      called,
      expectFitting(before) {
        asked.push([name, ...before.map(each => (each as {name?: string}).name!)]);
        if (refuses) throw new Error('not in this list');
      },
    });
    return Object.assign(callback, {name});
  };
  const [one, two] = [member('one'), member('two')];
  await fit([one, two]);
  expect(asked).toEqual([['one'], ['two', 'one']]);
  called.length = 0;
  await expect(fit([one, two, member('three', true)])).rejects.toThrow('not in this list');
  expect(called).toEqual([]);
  await fit([two]); // nothing is left of the list that was refused
  expect(called.filter(hook => hook === 'release')).toHaveLength(1);
});

test('is in one fit at a time, and knows whether it is in one, and in a batch', async () => {
  const callback = new Noting();
  const {guard} = callback;
  const states: boolean[] = [];
  const look = new tf.CustomCallback({
    onBatchBegin: () => void states.push(guard.isInBatch),
    onBatchEnd: () => void states.push(guard.isInBatch),
    onEpochEnd: () => void states.push(guard.isInFit),
  }) as unknown as tf.Callback;
  const [first, second] = await Promise.allSettled([fit([callback, look], net('a')), fit([callback], net('b'))]);
  expect(first.status).toBe('fulfilled');
  expect((second as PromiseRejectedResult).reason).toMatchObject({
    message: expect.stringMatching(/^Noting is in another fit, of model "a.*", that is still going on/) as string,
  });
  expect(states).toEqual([true, false, true, false, true]);
  expect(guard.isInFit).toBe(false);
});
