import * as tf from '@tensorflow/tfjs';
import {BackupAndRestore} from 'tfjs-pruning/callbacks';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {MemoryPlace} from '../support/memory-place.js';
import {net, OPTIMIZERS, stateOf} from '../support/sparse-training.js';
import {expectNoLeak} from '../support/tensors.js';

const BATCHES = 5;
const EPOCHS = 3;
const ALL_OPTIMIZERS: [string, () => tf.Optimizer][] = [
  ...OPTIMIZERS.map(([name, make]): [string, () => tf.Optimizer] => [name, make]),
  ['centered rmsprop', () => tf.train.rmsprop(0.01, 0.9, 0.5, 0.1, true)],
  ['fused adam', () => new FusedAdam(0.01)],
];

/** What stops a training: a fit that fails tells its callbacks nothing. */
class Crash extends Error {}

function data(): {x: tf.Tensor; y: tf.Tensor} {
  return {
    x: tf.randomNormal([8 * BATCHES, 4, 4, 2], 0, 1, 'float32', 1),
    y: tf.randomNormal([8 * BATCHES, 2], 0, 1, 'float32', 2),
  };
}

/** Trains on from the backup, until it stops for good or after so many batches. */
async function train(
  place: MemoryPlace,
  make: () => tf.LayersModel,
  {
    crashAfter = Infinity,
    every = 'epoch' as 'epoch' | number,
    callbacks = [] as tf.Callback[],
    deleteAtEnd = true,
  } = {},
): Promise<{model: tf.LayersModel; history: tf.History | undefined}> {
  const {x, y} = data();
  const backup = new BackupAndRestore(place, {every, deleteAtEnd});
  let left = crashAfter;
  const crash = new tf.CustomCallback({
    onBatchBegin: () => {
      if (left-- === 0) throw new Crash();
    },
  });
  const list = [...callbacks, crash];
  const {model, initialEpoch} = await backup.restore(make, list);
  try {
    const history = await model.fit(x, y, {
      epochs: EPOCHS,
      initialEpoch,
      batchSize: 8,
      verbose: 0,
      shuffle: false,
      callbacks: [...list, backup],
    });
    return {model, history};
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return {model, history: undefined};
  } finally {
    tf.dispose([x, y]);
  }
}

function disposed(model: tf.LayersModel): void {
  const {optimizer} = model;
  model.dispose();
  optimizer.dispose();
}

describe('goes on bit by bit', () => {
  test.each(ALL_OPTIMIZERS)('%s, stopped at every step', async (_name, optimizer) => {
    const make = () => net(optimizer());
    const whole = await train(new MemoryPlace(), make);
    for (const every of [1, 2, 'epoch'] as const) {
      for (let steps = 0; steps < EPOCHS * BATCHES; steps += every === 'epoch' ? 4 : 3) {
        const place = new MemoryPlace();
        disposed((await train(place, make, {crashAfter: steps, every})).model);
        const {model, history} = await train(place, make, {every});
        expect(stateOf(model)).toEqual(stateOf(whole.model));
        const {loss} = whole.history!.history;
        expect(history!.history['loss']).toEqual(loss!.slice(-history!.epoch.length));
        expect(place.saved).toBeUndefined();
        disposed(model);
      }
    }
    disposed(whole.model);
  });
});
