import * as tf from '@tensorflow/tfjs';
import {
  averagePercentageOfZeros,
  channels,
  fisher,
  grasp,
  groupLasso,
  growingRegularization,
  l1,
  movement,
  prunable,
  selectiveWeightDecay,
  taylor,
  wanda,
  weights,
} from 'tfjs-pruning';
import {
  GradualPruning,
  IterativePruning,
  ProximalPenalty,
  PruneAtInitialization,
  RigL,
  ScheduledPenalty,
  SoftFilterPruning,
  SparseEvolutionaryTraining,
  SparseMomentum,
  SparsityLogger,
  StaticSparse,
  TargetedDropout,
  type CallbackState,
  type ResumableCallback,
} from 'tfjs-pruning/callbacks';
import {constantSparsity, oneShot, polynomialDecay} from 'tfjs-pruning/schedules';
import {stateOf} from '../support/sparse-training.js';
import {artifactsOf, expectNoLeak} from '../support/tensors.js';

type Resumable = tf.Callback & ResumableCallback;

const BATCHES = 4;
const EPOCHS = 2;

const growing = () => polynomialDecay({finalSparsity: 0.6, beginStep: 3, endStep: 7, frequency: 4});

/** Each callback, and each kind of what one may remember; all end within the training. Seeds are drawn where they are by default. */
const CALLBACKS: Record<string, (common?: {initialStep?: number}) => Resumable> = {
  'GradualPruning by magnitude': common => new GradualPruning({schedule: growing(), ...common}),
  'GradualPruning by taylor()': common => new GradualPruning({schedule: growing(), criterion: taylor(), ...common}),
  'GradualPruning by fisher(), of two batches': common =>
    new GradualPruning({schedule: growing(), criterion: fisher(), observedBatches: 2, ...common}),
  'GradualPruning by movement(), with regrowth': common =>
    new GradualPruning({schedule: growing(), criterion: movement(), regrowth: true, ...common}),
  'GradualPruning by wanda()': common => new GradualPruning({schedule: growing(), criterion: wanda(), ...common}),
  'GradualPruning by averagePercentageOfZeros(), in epochs': common =>
    new GradualPruning({
      schedule: oneShot({targetSparsity: 0.5, beginStep: 2}),
      stepUnit: 'epoch',
      criterion: averagePercentageOfZeros(),
      structure: channels(),
      ...common,
    }),
  'IterativePruning, weights rewound': common =>
    new IterativePruning({
      trainSteps: 3,
      retrainSteps: 2,
      rounds: 2,
      finalSparsity: 0.5,
      rewind: 'weights',
      learningRate: step => 0.1 / (step + 1),
      ...common,
    }),
  'IterativePruning, by taylor(), weights drawn anew': common =>
    new IterativePruning({
      trainSteps: 3,
      rounds: 2,
      rate: 0.3,
      rates: {output: 0.1},
      rewind: 'reinitialize',
      criterion: taylor(),
      ...common,
    }),
  SoftFilterPruning: common =>
    new SoftFilterPruning({
      schedule: constantSparsity({targetSparsity: 0.5, beginStep: 2, endStep: 6, frequency: 2}),
      stepUnit: 'batch',
      ...common,
    }),
  'PruneAtInitialization by snip(), in rounds of two batches': common =>
    new PruneAtInitialization({sparsity: 0.6, iterations: 2, probingBatches: 2, ...common}),
  'PruneAtInitialization by grasp()': common =>
    new PruneAtInitialization({sparsity: 0.6, criterion: grasp(), probingBatches: 3, ...common}),
  StaticSparse: common => new StaticSparse({sparsity: 0.5, ...common}),
  'SoftFilterPruning, in epochs': common =>
    new SoftFilterPruning({
      schedule: constantSparsity({targetSparsity: 0.5, beginStep: 1, endStep: 2, frequency: 1}),
      ...common,
    }),
  'SparseMomentum, in epochs': common => new SparseMomentum({sparsity: 0.5, endStep: 2, ...common}),
  SparseEvolutionaryTraining: common =>
    new SparseEvolutionaryTraining({
      sparsity: 0.5,
      stepUnit: 'batch',
      frequency: 3,
      endStep: 7,
      startDeviation: 0.1,
      ...common,
    }),
  RigL: common => new RigL({sparsity: 0.5, endStep: 8, frequency: 3, observedBatches: 2, ...common}),
  SparseMomentum: common => new SparseMomentum({sparsity: 0.5, stepUnit: 'batch', frequency: 3, endStep: 7, ...common}),
  TargetedDropout: common =>
    new TargetedDropout({schedule: oneShot({targetSparsity: 0.5, beginStep: 6}), seed: 3, ...common}),
  'TargetedDropout, growing': common => new TargetedDropout({schedule: growing(), ...common}),
  'ScheduledPenalty by l1()': common =>
    new ScheduledPenalty({penalty: l1({strength: 1e-2}), strength: step => step / 10, ...common}),
  'ScheduledPenalty by selectiveWeightDecay(), every third step': common =>
    new ScheduledPenalty({penalty: selectiveWeightDecay({sparsity: 0.5, strength: 0.1}), frequency: 3, ...common}),
  'ScheduledPenalty by growingRegularization(), chosen once': common =>
    new ScheduledPenalty({
      penalty: growingRegularization({variant: 1, sparsity: 0.5, growth: 0.3, every: 2, structure: weights()}),
      ...common,
    }),
  'ScheduledPenalty by growingRegularization(), chosen after picking': common =>
    new ScheduledPenalty({
      penalty: growingRegularization({
        variant: 2,
        sparsity: 0.5,
        growth: 0.3,
        every: 1,
        pickingGrowth: 0.1,
        pickingCeiling: 0.2,
        recovery: 0.1,
      }),
      ...common,
    }),
  ProximalPenalty: common =>
    new ProximalPenalty({penalty: groupLasso({strength: 0.1}), strength: step => step / 4, ...common}),
  SparsityLogger: () => new SparsityLogger({print: null}),
};

/** A dense layer and a batch normalization behind it, one with a rectifier, and the output. */
function net(): tf.LayersModel {
  const initializer = (seed: number) => ({kernelInitializer: tf.initializers.glorotNormal({seed})});
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.dense({name: 'first', units: 5, inputShape: [6], ...initializer(1)}),
        tf.layers.batchNormalization({name: 'bn'}),
        tf.layers.dense({name: 'hidden', units: 6, activation: 'relu', ...initializer(2)}),
        tf.layers.dense({name: 'output', units: 2, ...initializer(3)}),
      ],
    }),
  );
  model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'meanSquaredError'});
  return model;
}

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

/** Passes over the batches of an epoch that are done already: no step is made, and the callback behind it is told nothing. */
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

describe.each(Object.entries(CALLBACKS))('%s', (_, make) => {
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
    const make = CALLBACKS['GradualPruning by taylor()']!;
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
      /`criterion` was \{"sees":"observe".*\} and is not given/,
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
    const state = await stateAt(CALLBACKS['GradualPruning by taylor()']!(), 2);
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
    const make = CALLBACKS['GradualPruning by taylor()']!;
    const state = await stateAt(make(), 2);
    const callback = make();
    await expect(callback.restore(damage(state) as CallbackState)).rejects.toThrow(message);
    expect((await callback.state()).json).toEqual((await make().state()).json);
  });

  test('refuses a model in which other weights were observed', async () => {
    const callback = CALLBACKS['GradualPruning by taylor()']!();
    await callback.restore(await stateAt(CALLBACKS['GradualPruning by taylor()']!(), 2));
    const other = prunable(tf.sequential({layers: [tf.layers.dense({name: 'other', units: 2, inputShape: [6]})]}));
    other.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await expect(fit(other, [callback])).rejects.toThrow(
      /what was observed of "first\/kernel", "hidden\/kernel", "output\/kernel", but in this fit it has "other\/kernel"/,
    );
  });

  test('is for the time before a fit', async () => {
    const callback = CALLBACKS['StaticSparse']!();
    const restoring = new tf.CustomCallback({onBatchEnd: async () => callback.restore(await callback.state())});
    await expect(fit(net(), [callback, restoring as never])).rejects.toThrow(
      /takes a state over before a fit, not within it/,
    );
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
    const {moments, model} = await trained(CALLBACKS[name]!());
    const {epoch, passed, artifacts} = moments[initialStep > BATCHES ? initialStep + 1 : initialStep]!;
    const resumed = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
    const callback = CALLBACKS[name]!({initialStep});
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
