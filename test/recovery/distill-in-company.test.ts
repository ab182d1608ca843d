import {createHash} from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import {differentiablePruning, distill, hardConcrete, prunable, type DistillArgs} from 'tfjs-pruning';
import {BackupAndRestore, LearnedMasks, startTraining} from 'tfjs-pruning/callbacks';
import {weightsBeside} from '../../src/layers/weights-beside.js';
import {Projection} from '../../src/recovery/distillation/projection.js';
import {EVERY_CALLBACK, net} from '../support/every-callback.js';
import {MemoryPlace} from '../support/memory-place.js';
import {stateOf} from '../support/sparse-training.js';
import {expectNoLeak} from '../support/tensors.js';

const BATCHES = 4;
const EPOCHS = 2;
const BATCH_SIZE = 3;
const WEIGHT = 0.6;

/** Features of other widths, and of the same. */
const ARGS: DistillArgs = {weight: WEIGHT, features: ['hidden', 'bn'], featureWeight: 0.5};

/** As the student, with a wider layer. */
function wide(): tf.LayersModel {
  const initializer = (seed: number) => ({kernelInitializer: tf.initializers.glorotNormal({seed})});
  return tf.sequential({
    layers: [
      tf.layers.dense({name: 'first', units: 5, inputShape: [6], ...initializer(7)}),
      tf.layers.batchNormalization({name: 'bn'}),
      tf.layers.dense({name: 'hidden', units: 9, activation: 'relu', ...initializer(8)}),
      tf.layers.dense({name: 'output', units: 2, ...initializer(9)}),
    ],
  });
}

beforeEach(() => {
  jest.spyOn(console, 'warn').mockImplementation();
  jest.spyOn(Math, 'random').mockReturnValue(0.4); // of which seeds are drawn
});
afterEach(() => jest.restoreAllMocks());

const x = () => tf.randomNormal([BATCHES * BATCH_SIZE, 6], 0, 1, 'float32', 1);
const y = () => tf.randomNormal([BATCHES * BATCH_SIZE, 2], 0, 1, 'float32', 2);

const fitArgs = (callbacks: tf.Callback[], initialEpoch = 0) =>
  ({epochs: EPOCHS, initialEpoch, batchSize: BATCH_SIZE, verbose: 0, shuffle: false, callbacks}) as const;

/** A student of `make`, and the number of batches that its teacher has seen. */
function taught(make: () => tf.LayersModel) {
  const [student, teacher] = [make(), wide()];
  const calls = jest.spyOn(teacher, 'call');
  return {student, teacher, distillation: distill(student, teacher, ARGS), seen: () => calls.mock.calls.length};
}

/** All that training changes, weights, slots and projections, in a text. */
function everything(student: tf.LayersModel): string {
  const projections = weightsBeside(student).map(weight => [...weight.read().dataSync()]);
  expect(projections).toHaveLength(1);
  const values = Float32Array.from([...stateOf(student), ...projections].flat());
  return createHash('sha256').update(values).digest('hex');
}

const CALLBACKS: [name: string, make: () => tf.Callback, student: () => tf.LayersModel][] = [
  ...Object.entries(EVERY_CALLBACK).map(
    ([name, make]) => [name, () => make(), net] as [string, () => tf.Callback, typeof net],
  ),
  ...[differentiablePruning(), hardConcrete()].map(
    gate =>
      [`LearnedMasks by ${gate.name}`, () => new LearnedMasks({target: 0.5}), () => gated(gate)] as [
        string,
        () => tf.Callback,
        typeof net,
      ],
  ),
];

function gated(gate: ReturnType<typeof hardConcrete>): tf.LayersModel {
  const model = prunable(net(), {gate});
  model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'meanSquaredError'});
  return model;
}

describe.each(CALLBACKS)('%s', (_, make, student) => {
  test('trains a student, alike in fit, in fitDataset, in a loop of its own, and after restarts', async () => {
    const [ofFit, ofDataset, ofLoop] = [taught(student), taught(student), taught(student)];
    const moves = jest.spyOn(Projection.prototype, 'learn');
    const {history} = await ofFit.student.fit(x(), y(), fitArgs([make()]));
    expect(moves).toHaveBeenCalledTimes(EPOCHS * BATCHES); // though some run the student several times on a batch
    await ofDataset.student.fitDataset(dataset(), {epochs: EPOCHS, verbose: 0, callbacks: [make()]});
    await loop(ofLoop.student, make());
    expect([ofFit, ofDataset, ofLoop].map(({seen}) => seen())).toEqual(Array(3).fill(EPOCHS * BATCHES));
    expect(history['loss']!.every(loss => Number.isFinite(loss))).toBe(true);
    const expected = everything(ofFit.student);
    expect(everything(ofDataset.student)).toBe(expected);
    expect(everything(ofLoop.student)).toBe(expected);
    expect(everything(await restarted(make, student))).toBe(expected);
  });

  test('leaves nothing behind', async () => {
    const [inputs, labels] = [x(), y()];
    const model = student();
    await model.fit(inputs, labels, fitArgs([make()])); // makes slots
    await expectNoLeak(async () => {
      const {teacher, distillation} = taught(() => model);
      await model.fit(inputs, labels, fitArgs([make()]));
      distillation.remove();
      teacher.dispose();
    });
  });
});

/** Trains by processes that end after three and after two batches, and one that comes to the end. */
async function restarted(make: () => tf.Callback, student: () => tf.LayersModel): Promise<tf.LayersModel> {
  const place = new MemoryPlace();
  for (const crashAfter of [3, 2, Infinity]) {
    const list = [make()];
    const backup = new BackupAndRestore(place, {every: 1, deleteAtEnd: false});
    const {model, initialEpoch} = await backup.restore(() => taught(student).student, list);
    const fit = model.fit(x(), y(), fitArgs([...list, crash(crashAfter), backup], initialEpoch));
    if (crashAfter === Infinity) return fit.then(() => model);
    await expect(fit).rejects.toThrow('crash');
  }
  throw new Error('unreachable');
}

/** Stops a training before the batch that comes after so many. */
function crash(after: number): tf.Callback {
  return new tf.CustomCallback({
    onBatchBegin: () => {
      if (after-- === 0) throw new Error('crash');
    },
  }) as unknown as tf.Callback;
}

function dataset(): tf.data.Dataset<tf.TensorContainer> {
  const [xs, ys] = [x(), y()];
  const batches = tf.data.generator(function* () {
    for (let i = 0; i < BATCHES; i++) {
      const part = (tensor: tf.Tensor) => tf.slice(tensor, i * BATCH_SIZE, BATCH_SIZE);
      yield {xs: part(xs), ys: part(ys)};
    }
  });
  return Object.assign(batches, {size: BATCHES});
}

async function loop(student: tf.LayersModel, callback: tf.Callback): Promise<void> {
  const [xs, ys] = [x(), y()];
  const {optimizer} = student;
  const part = (tensor: tf.Tensor, i: number) => tf.slice(tensor, i * BATCH_SIZE, BATCH_SIZE);
  const training = await startTraining(student, [callback], {optimizer, epochs: EPOCHS, batchesPerEpoch: BATCHES});
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    await training.epochBegin();
    for (let i = 0; i < BATCHES; i++) {
      await training.batchBegin();
      const [input, labels] = [part(xs, i), part(ys, i)];
      optimizer.minimize(() => {
        const output = student.apply(input, {training: true}) as tf.Tensor;
        const loss = tf.metrics.meanSquaredError(labels, output);
        return tf.add(tf.mean(tf.mul(1 - WEIGHT, loss)), training.penalty());
      });
      await training.batchEnd();
    }
    await training.epochEnd();
  }
  await training.end();
}

test('a backup refuses a distillation with projections that came after restore(), or another one', async () => {
  const place = new MemoryPlace();
  const backup = new BackupAndRestore(place, {every: 1, deleteAtEnd: false});
  const {model} = await backup.restore(net, []);
  const distillation = distill(model, wide(), ARGS);
  await expect(model.fit(x(), y(), fitArgs([backup]))).rejects.toThrow(
    'expects projections of distill() to be there when restore() runs, and to stay; call distill in the function that',
  );
  distillation.remove();
  await model.fit(x(), y(), fitArgs([backup]));
  const other = new BackupAndRestore(place);
  await expect(other.restore(() => taught(net).student, [])).rejects.toThrow('the list of weights');
});
