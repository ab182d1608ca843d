import * as tf from '@tensorflow/tfjs';
import {fisher, prunable, taylor} from 'tfjs-pruning';
import {GradualPruning, StaticSparse, type CallbackState, type PruningCallback} from 'tfjs-pruning/callbacks';
import {oneShot} from 'tfjs-pruning/schedules';
import {EVERY_CALLBACK, growing, net, type Resumable} from '../support/every-callback.js';
import {stateOf} from '../support/sparse-training.js';
import {artifactsOf, expectNoLeak} from '../support/tensors.js';

const BATCHES = 4;
const EPOCHS = 2;

async function fit(model: tf.LayersModel, callbacks: tf.Callback[], initialEpoch = 0): Promise<void> {
  const x = tf.randomNormal([BATCHES * 3, 6], 0, 1, 'float32', 1);
  const y = tf.randomNormal([BATCHES * 3, 2], 0, 1, 'float32', 2);
  try {
    await model.fit(x, y, {epochs: EPOCHS, initialEpoch, batchSize: 3, verbose: 0, shuffle: false, callbacks});
  } finally {
    tf.dispose([x, y]);
  }
}

/** What is kept of a training at one moment: `passed` batches of an epoch are done. */
interface Moment {
  readonly epoch: number;
  readonly passed: number;
  readonly artifacts: tf.io.ModelArtifacts;
  readonly state: CallbackState;
}

/** Stands behind a callback, and keeps all of its moments: before the first batch, and after each batch and epoch. */
class Keeper extends tf.Callback {
  readonly moments: Moment[] = [];
  readonly #callback: Resumable;
  #epoch = 0;
  constructor(callback: Resumable) {
    super();
    this.#callback = callback;
  }
  override onTrainBegin(): Promise<void> {
    return this.#keep(0);
  }
  override onBatchEnd(batch: number): Promise<void> {
    return this.#keep(batch + 1);
  }
  override onEpochEnd(epoch: number): Promise<void> {
    this.#epoch = epoch + 1;
    return this.#keep(0);
  }
  async #keep(passed: number): Promise<void> {
    const {json, tensors} = await this.#callback.state();
    const throughJson = JSON.parse(JSON.stringify(json)) as CallbackState['json'];
    expect(throughJson).toEqual(json);
    const artifacts = await artifactsOf(this.model, true);
    this.moments.push({epoch: this.#epoch, passed, artifacts, state: {json: throughJson, tensors}});
  }
}

/**
 * Passes over the batches of an epoch that are done already: no step is made, and the callback behind it is told
 * nothing.
 */
class PassOver extends tf.Callback {
  #left: number;
  constructor(count: number, callback: Resumable) {
    super();
    this.#left = count;
    for (const hook of ['onBatchBegin', 'onBatchEnd'] as const) {
      const told = callback[hook].bind(callback);
      callback[hook] = (...args) => (this.#left > 0 ? Promise.resolve() : told(...args));
    }
  }
  override onBatchBegin(): Promise<void> {
    if (this.#left > 0) this.model.optimizer.minimize = () => tf.scalar(0);
    return Promise.resolve();
  }
  /** Of the batch before. */
  done(): void {
    delete (this.model.optimizer as Partial<tf.Optimizer>).minimize;
    this.#left--;
  }
}

/** Ends what {@link PassOver} has begun, behind all others. */
class PassedOver extends tf.Callback {
  readonly #passOver: PassOver;
  constructor(passOver: PassOver) {
    super();
    this.#passOver = passOver;
  }
  override onBatchEnd(): Promise<void> {
    this.#passOver.done();
    return Promise.resolve();
  }
}

async function goOn({artifacts, state, epoch, passed}: Moment, callback: Resumable): Promise<tf.LayersModel> {
  const model = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
  await callback.restore(state);
  const passOver = new PassOver(passed, callback);
  await fit(model, [passOver, callback, new PassedOver(passOver)], epoch);
  return model;
}

/** A training with all its moments. */
async function trained(callback: Resumable): Promise<{model: tf.LayersModel; moments: Moment[]}> {
  const model = net();
  const keeper = new Keeper(callback);
  await fit(model, [callback, keeper]);
  return {model, moments: keeper.moments};
}

const disposeAll = (moments: readonly Moment[]) => tf.dispose(moments.map(({state}) => state.tensors));

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

describe.each(Object.entries(EVERY_CALLBACK))('%s', (_, make) => {
  test('goes on from each moment as if it had never stopped, bit by bit', async () => {
    const {model, moments} = await trained(make());
    expect(moments).toHaveLength(1 + EPOCHS * (BATCHES + 1));
    const end = stateOf(model);
    // The first of them trains the whole of it, and nobody asks for a state there.
    for (const moment of moments.slice(0, -1)) {
      const {epoch, passed} = moment;
      const resumed = await goOn(moment, make());
      expect({epoch, passed, end: stateOf(resumed)}).toEqual({epoch, passed, end});
      resumed.dispose();
    }
    expect(warnings.mock.calls.flat().join()).not.toMatch(/without what/);
    disposeAll(moments);
  });

  test('remembers nothing after reset() but its seed and what the masks are', async () => {
    const callback = make();
    const {moments, model} = await trained(callback);
    if (!('reset' in callback)) return;
    for (const {state} of [...moments, {state: await callback.state()}]) {
      await callback.restore(state);
      (callback as unknown as PruningCallback).reset();
      const {json, tensors} = await callback.state();
      const {seed, count} = json;
      expect(json).toEqual({
        ...(await make().state()).json,
        ...('seed' in json && {seed}),
        ...('count' in json && {count}),
      });
      expect(tensors).toEqual({});
    }
    disposeAll(moments);
    model.dispose();
  });

  test('gives the same state again when it has taken one over, and neither leaves a tensor', async () => {
    const {model, moments} = await trained(make());
    for (const {state} of moments) {
      const callback = make();
      await expectNoLeak(async () => {
        await callback.restore(state);
        const again = await callback.state();
        expect(again.json).toEqual(state.json);
        expect(valuesOf(again.tensors)).toEqual(valuesOf(state.tensors));
        tf.dispose(again.tensors);
      });
    }
    disposeAll(moments);
    model.dispose();
  });
});

const valuesOf = (tensors: Record<string, tf.Tensor>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, [tensor.shape, [...tensor.dataSync()]]]));

describe('restore', () => {
  const stateAt = async (callback: Resumable, step: number) => {
    const {moments} = await trained(callback);
    return moments[step]!.state;
  };

  test('takes the place of all that a used callback has', async () => {
    const make = EVERY_CALLBACK['GradualPruning by taylor()']!;
    const used = make();
    const {model, moments} = await trained(used);
    const resumed = await goOn(moments[2]!, used);
    expect(stateOf(resumed)).toEqual(stateOf(model));
    disposeAll(moments);
  });

  test.each<[string, () => Resumable, RegExp]>([
    [
      'another callback',
      () => new StaticSparse({sparsity: 0.5}),
      /StaticSparse\.restore expects the state of a StaticSparse, got one of "GradualPruning"/,
    ],
    [
      'another criterion',
      () => new GradualPruning({schedule: growing()}),
      /`criterion` was \{"name":"taylor","sees":"gradients".*\} and is not given/,
    ],
    [
      'a criterion that observes something else',
      () => new GradualPruning({schedule: growing(), criterion: fisher()}),
      /`criterion` was \{"name":"taylor",.*\} and is \{"name":"fisher"/,
    ],
    [
      'another schedule',
      () => new GradualPruning({schedule: oneShot({targetSparsity: 0.6, beginStep: 3}), criterion: taylor()}),
      /`schedule` was .*"endStep":7.* and is .*"endStep":3/,
    ],
    [
      'other layers',
      () => new GradualPruning({schedule: growing(), criterion: taylor(), layers: /out/}),
      /`layers` was not given and is "\/out\/"/,
    ],
  ])('refuses %s, and says what differs', async (_, make, message) => {
    const state = await stateAt(EVERY_CALLBACK['GradualPruning by taylor()']!(), 2);
    const other = make();
    await expect(other.restore(state)).rejects.toThrow(message);
    expect((await other.state()).json['step']).toBe(0);
  });

  test.each<[string, (state: CallbackState) => unknown, RegExp]>([
    ['nothing', () => undefined, /expects \{json, tensors\}, as state\(\) gives them, got undefined/],
    [
      'no JSON',
      state => ({tensors: state.tensors}),
      /expects \{json, tensors\}, as state\(\) gives them, got an Object/,
    ],
    [
      'a field of another kind',
      ({json, tensors}) => ({json: {...json, pending: 'no'}, tensors}),
      /`pending` to be a boolean, got "no" \(string\); the state is damaged/,
    ],
    [
      'a field too little',
      ({json, tensors}) => ({json: {...json, step: undefined}, tensors}),
      /`step` to be a number, got undefined/,
    ],
    [
      'a step that is none',
      ({json, tensors}) => ({json: {...json, step: -1}, tensors}),
      /`step` to be a whole number >= 0, got -1/,
    ],
    [
      'a tensor too little',
      ({json}) => ({json, tensors: {}}),
      /a tensor "observed\/0\/first\/kernel", got none; the state is damaged/,
    ],
  ])('refuses %s, and stays as it was', async (_, damage, message) => {
    const make = EVERY_CALLBACK['GradualPruning by taylor()']!;
    const state = await stateAt(make(), 2);
    const callback = make();
    await expect(callback.restore(damage(state) as CallbackState)).rejects.toThrow(message);
    expect((await callback.state()).json).toEqual((await make().state()).json);
  });

  test('refuses a model in which other weights were observed', async () => {
    const callback = EVERY_CALLBACK['GradualPruning by taylor()']!();
    await callback.restore(await stateAt(EVERY_CALLBACK['GradualPruning by taylor()']!(), 2));
    const other = prunable(tf.sequential({layers: [tf.layers.dense({name: 'other', units: 2, inputShape: [6]})]}));
    other.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await expect(fit(other, [callback])).rejects.toThrow(
      /what was observed of "first\/kernel", .*, "output\/kernel", but in this fit it has "other\/kernel"/,
    );
    const names = ['first', 'other', 'output'];
    const asMany = prunable(
      tf.sequential({layers: names.map(name => tf.layers.dense({name, units: 2, inputShape: [6]}))}),
    );
    asMany.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await expect(fit(asMany, [callback])).rejects.toThrow(
      /but in this fit it has "first\/kernel", "other\/kernel", "output/,
    );
  });

  test('is for the time before a fit', async () => {
    const callback = EVERY_CALLBACK['StaticSparse']!();
    const restoring = new tf.CustomCallback({onBatchEnd: async () => callback.restore(await callback.state())});
    await expect(fit(net(), [callback, restoring as never])).rejects.toThrow(
      /takes over a state before a fit, not within it/,
    );
  });

  test('state is refused to a callback that asks within a batch', async () => {
    const callback = EVERY_CALLBACK['GradualPruning by taylor()']!();
    const asking = new tf.CustomCallback({onBatchEnd: () => callback.state() as never});
    await expect(fit(net(), [asking as never, callback])).rejects.toThrow(
      /GradualPruning gives its state between two batches, but was asked within one; ask from a callback that/,
    );
    expect((await callback.state()).json['step']).toBe(0);
  });

  test('keeps the seed that was drawn', async () => {
    const [one, other] = [new StaticSparse({sparsity: 0.5}), new StaticSparse({sparsity: 0.5})];
    expect(other.seed).not.toBe(one.seed);
    await other.restore(await one.state());
    expect(other.seed).toBe(one.seed);
  });
});

describe('initialStep alone is said to have lost', () => {
  test.each<[string, number, boolean]>([
    ['GradualPruning by taylor()', 2, true],
    ['GradualPruning by taylor()', 3, false], // an update has begun anew
    ['GradualPruning by taylor()', 5, true],
    ['GradualPruning by taylor()', 7, false], // the schedule is over
    ['GradualPruning by fisher(), of two batches', 4, false], // goes by 5 and 6
    ['GradualPruning by fisher(), of two batches', 6, true],
    ['GradualPruning by movement(), with regrowth', 3, true], // which remembers
    ['GradualPruning by movement(), with regrowth', 0, false],
    ['GradualPruning by magnitude', 5, false],
    ['RigL', 2, true],
    ['RigL', 4, false],
    ['PruneAtInitialization by snip(), in rounds of two batches', 1, true],
    ['PruneAtInitialization by snip(), in rounds of two batches', 2, false],
    ['PruneAtInitialization by snip(), in rounds of two batches', 3, true],
  ])('what %s has gathered by step %d: %s', async (name, initialStep, isSaid) => {
    const {moments, model} = await trained(EVERY_CALLBACK[name]!());
    const {epoch, passed, artifacts} = moments[initialStep > BATCHES ? initialStep + 1 : initialStep]!;
    const resumed = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
    const callback = EVERY_CALLBACK[name]!({initialStep});
    const passOver = new PassOver(passed, callback);
    warnings.mockClear();
    await fit(resumed, [passOver, callback, new PassedOver(passOver)], epoch);
    await fit(resumed, [callback]);
    const said = warnings.mock.calls
      .flat()
      .filter(line => /without what its criterion had gathered/.test(String(line)));
    expect(said).toHaveLength(isSaid ? 1 : 0);
    if (isSaid) expect(said[0]).toMatch(/goes on at step \d+ .*use BackupAndRestore, or .*`restore\(state\)`/);
    disposeAll(moments);
    model.dispose();
  });
});
