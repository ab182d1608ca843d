import * as tf from '@tensorflow/tfjs';
import {groupLasso, prunable, selectiveWeightDecay} from 'tfjs-pruning';
import {
  BackupAndRestore,
  GradualPruning,
  IterativePruning,
  ProximalPenalty,
  ScheduledPenalty,
  SoftFilterPruning,
  TargetedDropout,
  type CallbackState,
  type ResumableCallback,
} from 'tfjs-pruning/callbacks';
import {constantSparsity, oneShot} from 'tfjs-pruning/schedules';
import {learningRateOf, setLearningRate} from '../../src/optimizers/learning-rate.js';
import {MemoryPlace} from '../support/memory-place.js';
import {net, stateOf} from '../support/sparse-training.js';

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

class Crash extends Error {}

interface Setting {
  optimizer?: () => tf.Optimizer;
  callbacks?: () => tf.Callback[];
  /** Further callbacks that have no state, in front. */
  others?: (model: tf.LayersModel) => tf.CustomCallback[];
  every?: 'epoch' | number;
  deleteAtEnd?: boolean;
  validates?: boolean;
  batchesPerEpoch?: number;
}

interface Outcome {
  readonly model: tf.LayersModel;
  readonly history: tf.History | undefined;
  readonly list: tf.Callback[];
}

/** Three epochs of five batches; stopped, before a batch is counted, when so many were completed in this process. */
async function train(place: MemoryPlace, setting: Setting, crashAfter = Infinity): Promise<Outcome> {
  const {optimizer = () => tf.train.momentum(0.1, 0.9), callbacks = () => [], others = () => []} = setting;
  const {every = 1, deleteAtEnd = true, validates = false, batchesPerEpoch} = setting;
  const [x, y] = [
    tf.randomNormal([40, 4, 4, 2], 0, 1, 'float32', 1),
    tf.randomNormal<tf.Rank.R2>([40, 2], 0, 1, 'float32', 2),
  ];
  const list = callbacks();
  const backup = new BackupAndRestore(place, {every, deleteAtEnd});
  const {model, initialEpoch} = await backup.restore(() => net(optimizer()), list);
  let left = crashAfter;
  const crash = new tf.CustomCallback({
    onBatchBegin: () => {
      if (left-- === 0) throw new Crash();
    },
  });
  const args = {epochs: 3, initialEpoch, verbose: 0 as const, callbacks: [...others(model), ...list, crash, backup]};
  const validation = validates ? {validationData: [x, y] as [tf.Tensor, tf.Tensor]} : {};
  try {
    const history = batchesPerEpoch
      ? await model.fitDataset(endless(x, y), {...args, batchesPerEpoch})
      : await model.fit(x, y, {...args, ...validation, batchSize: 8, shuffle: false});
    return {model, history, list};
  } catch (error) {
    if (error instanceof Crash) return {model, history: undefined, list};
    throw error;
  }
}

/** The five batches, again and again. */
function endless(x: tf.Tensor, y: tf.Tensor): tf.data.Dataset<tf.TensorContainer> {
  const iterator = () => {
    let batch = 0;
    const next = () => {
      const begin = 8 * (batch++ % 5);
      return Promise.resolve({value: {xs: tf.slice(x, begin, 8), ys: tf.slice(y, begin, 8)}, done: false});
    };
    return Promise.resolve({next});
  };
  return {iterator} as unknown as tf.data.Dataset<tf.TensorContainer>;
}

/** The same, but stopped in turn after so many batches. */
async function trainInPieces(setting: Setting, crashes: readonly number[]): Promise<Outcome> {
  const place = new MemoryPlace();
  for (const crash of crashes) await train(place, setting, crash);
  return train(place, setting);
}

async function expectEqual(setting: Setting, crashes: readonly number[]): Promise<[Outcome, Outcome]> {
  const whole = await train(new MemoryPlace(), setting);
  const pieces = await trainInPieces(setting, crashes);
  expect(stateOf(pieces.model)).toEqual(stateOf(whole.model));
  return [whole, pieces];
}

describe('a training that goes on is equal, bit by bit, to one that never stopped', () => {
  test('with a callback that writes to kernels behind the one that keeps them at zero', async () => {
    const callbacks = () => [
      new GradualPruning({schedule: oneShot({targetSparsity: 0.5, beginStep: 1})}),
      new ProximalPenalty({penalty: groupLasso({strength: 0.1})}),
    ];
    await expectEqual({callbacks, optimizer: () => new tf.AdamaxOptimizer(0.01, 0.9, 0.999)}, [3, 4]);
  });

  test('where a schedule of your own changes the learning rate whenever an epoch begins', async () => {
    const halve = ({optimizer}: tf.LayersModel) => setLearningRate(optimizer, learningRateOf(optimizer) / 2);
    const others = (model: tf.LayersModel) => [new tf.CustomCallback({onEpochBegin: () => halve(model)})];
    const [{model}] = await expectEqual({others}, [2, 6, 1]);
    expect(learningRateOf(model.optimizer)).toBe(0.1 / 8);
  });

  test('where a callback with a state counts epochs as they begin', async () => {
    class Counter extends tf.Callback implements ResumableCallback {
      epochs = 0;
      override onEpochBegin(): Promise<void> {
        this.epochs++;
        return Promise.resolve();
      }
      state = (): Promise<CallbackState> => Promise.resolve({json: {epochs: this.epochs}, tensors: {}});
      restore = ({json}: CallbackState): Promise<void> => {
        this.epochs = json['epochs'] as number;
        return Promise.resolve();
      };
    }
    const {list} = await trainInPieces({callbacks: () => [new Counter()]}, [2, 1, 5]);
    expect((list[0] as Counter).epochs).toBe(3);
  });

  test('where a penalty chooses by weights that another callback changes at the end of the epoch', async () => {
    const schedule = constantSparsity({targetSparsity: 0.5, beginStep: 1, endStep: 2, frequency: 1});
    const callbacks = () => [
      new ScheduledPenalty({penalty: selectiveWeightDecay({sparsity: 0.5, strength: 0.1})}),
      new SoftFilterPruning({schedule}),
    ];
    const others = () => [
      new tf.CustomCallback({
        onEpochEnd: epoch => {
          if (epoch === 0) throw new Crash();
        },
      }),
    ];
    const place = new MemoryPlace();
    const whole = await train(new MemoryPlace(), {callbacks});
    await train(place, {callbacks, others});
    const {model} = await train(place, {callbacks});
    expect(stateOf(model)).toEqual(stateOf(whole.model));
  });

  test.each([1, 'epoch'] as const)(
    'where a dataset gives batchesPerEpoch, in one pass for all (every: %s)',
    async every => expectEqual({batchesPerEpoch: 3, every}, [4, 3]),
  );

  test('and so is what it validates, if a callback changes the model at the last batch of an epoch', async () => {
    const callbacks = () => [new GradualPruning({schedule: oneShot({targetSparsity: 0.8, beginStep: 10})})];
    const [whole, pieces] = await expectEqual({callbacks, validates: true, every: 5}, [10]);
    expect(pieces.history!.history['val_loss']).toEqual(whole.history!.history['val_loss']!.slice(2));
    const others = () => [
      new tf.CustomCallback({
        onEpochEnd: epoch => {
          if (epoch === 1) throw new Crash();
        },
      }),
    ];
    const place = new MemoryPlace();
    await train(place, {callbacks, others, validates: true});
    const resumed = await train(place, {callbacks, validates: true});
    expect(resumed.history!.history['val_loss']).toEqual(whole.history!.history['val_loss']!.slice(1));
  });
});

describe('a training that has ended', () => {
  const setting: Setting = {
    callbacks: () => [
      new IterativePruning({trainSteps: 15, rounds: 1, rate: 0.5, rewind: 'weights', learningRate: () => 0.01}),
    ],
    deleteAtEnd: false,
  };

  test('is as it was for a fit that has nothing to do: what waits for the next batch still waits', async () => {
    const place = new MemoryPlace();
    const {model} = await train(place, setting);
    const again = await train(place, setting);
    expect(stateOf(again.model)).toEqual(stateOf(model));
  });

  test('has the learning rate of its own again, also where its last batch was in another process', async () => {
    const place = new MemoryPlace();
    const others = () => [
      new tf.CustomCallback({
        onEpochEnd: epoch => {
          if (epoch === 2) throw new Crash();
        },
      }),
    ];
    await train(place, {...setting, others});
    const {model} = await train(place, setting);
    expect(learningRateOf(model.optimizer)).toBe(0.1);
  });
});

test('a second fit of the model is refused, and the first one goes on', async () => {
  const backup = new BackupAndRestore(new MemoryPlace(), {every: 1});
  const {model} = await backup.restore(net, []);
  const [x, y] = [tf.zeros([16, 4, 4, 2]), tf.zeros([16, 2])];
  const fit = () => model.fit(x, y, {batchSize: 4, verbose: 0, shuffle: false, callbacks: [backup]});
  const [first, second] = await Promise.allSettled([fit(), fit()]);
  expect(first.status).toBe('fulfilled');
  expect(String((second as PromiseRejectedResult).reason)).toContain('another fit() call is ongoing');
});

describe('an optimizer that may look at all gradients at once', () => {
  /** The largest gradient that it was given at a pruned weight. */
  async function largestAtPruned(
    watch: (see: (gradients: tf.NamedTensorMap) => void) => tf.Optimizer,
  ): Promise<number> {
    let largest = 0;
    const model = net(
      watch(gradients => {
        for (const layer of model.layers.flatMap(each => ('maskedWeights' in each ? [each] : []))) {
          for (const {kernel, mask} of (
            layer as unknown as {maskedWeights: {kernel: tf.LayerVariable; mask: tf.LayerVariable}[]}
          ).maskedWeights) {
            const gradient = gradients[kernel.name]!;
            largest = Math.max(largest, ...tf.mul(tf.abs(gradient), tf.sub(1, mask.read())).dataSync());
          }
        }
      }),
    );
    const schedule = constantSparsity({targetSparsity: 0.5});
    const [x, y] = [tf.randomNormal([16, 4, 4, 2], 0, 1, 'float32', 1), tf.randomNormal([16, 2], 0, 1, 'float32', 2)];
    await model.fit(x, y, {epochs: 2, batchSize: 8, verbose: 0, callbacks: [new GradualPruning({schedule})]});
    return largest;
  }
  type Gradients = Parameters<tf.Optimizer['applyGradients']>[0];
  const byName = (gradients: Gradients) =>
    Array.isArray(gradients) ? Object.fromEntries(gradients.map(({name, tensor}) => [name, tensor])) : gradients;

  test('gets none for pruned weights, be it of a class of your own or patched', async () => {
    const ofOwnClass = (see: (gradients: tf.NamedTensorMap) => void) => {
      class Clipping extends tf.AdamOptimizer {
        override applyGradients(gradients: Gradients): void {
          see(byName(gradients));
          super.applyGradients(gradients as never);
        }
      }
      return new Clipping(0.01, 0.9, 0.999);
    };
    const patched = (see: (gradients: tf.NamedTensorMap) => void) => {
      const optimizer = tf.train.sgd(0.1);
      const apply = optimizer.applyGradients.bind(optimizer);
      optimizer.applyGradients = gradients => {
        see(byName(gradients));
        apply(gradients);
      };
      return optimizer;
    };
    expect(await largestAtPruned(ofOwnClass)).toBe(0);
    expect(await largestAtPruned(patched)).toBe(0);
  });
});

describe('is said', () => {
  const said = () =>
    warnings.mock.calls.map(([line]) => String(line)).filter(line => line.startsWith('BackupAndRestore'));
  const [x, y] = [tf.zeros([8, 3]), tf.zeros([8, 2])];
  const unnamed = (optimizer: tf.Optimizer = tf.train.sgd(0.1)) => {
    const model = prunable(tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3]})]}));
    model.compile({optimizer, loss: 'meanSquaredError'});
    return model;
  };

  test('that what is drawn goes by names, where unnamed layers have others in this process', async () => {
    const place = new MemoryPlace();
    for (const epochs of [1, 2]) {
      const dropout = new TargetedDropout({schedule: constantSparsity({targetSparsity: 0.5})});
      const backup = new BackupAndRestore(place, {deleteAtEnd: false});
      const {model, initialEpoch} = await backup.restore(unnamed, [dropout]);
      await model.fit(x, y, {epochs, initialEpoch, verbose: 0, shuffle: false, callbacks: [dropout, backup]});
    }
    expect(said()).toEqual([expect.stringMatching(/is named "dense_.*" now, and TargetedDropout draws by names/)]);
  });

  test('what an optimizer of your own remembers that can not be saved', async () => {
    class Remembering extends tf.SGDOptimizer {
      readonly velocity: Record<string, tf.Variable> = {};
      override applyGradients(gradients: Parameters<tf.Optimizer['applyGradients']>[0]): void {
        this.velocity['w'] ??= tf.variable(tf.zeros([2]));
        super.applyGradients(gradients);
      }
    }
    const backup = new BackupAndRestore(new MemoryPlace(), {every: 1});
    const {model} = await backup.restore(() => unnamed(new Remembering(0.1)), []);
    await model.fit(x, y, {epochs: 2, verbose: 0, shuffle: false, callbacks: [backup]});
    expect(said()).toEqual([expect.stringContaining("remembers tensors in `velocity` that can't be saved")]);
  });
});
