/** Parts of your own, used like built-in ones: criterion, structure, allocation, schedule, penalty, layer. */
import * as tf from '@tensorflow/tfjs';
import {
  addPenalty,
  declareLayer,
  eachWeight,
  prunable,
  pruneOnce,
  sparsityReport,
  type Allocation,
  type Criterion,
  type Penalty,
} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import type {SparsitySchedule} from 'tfjs-pruning/schedules';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {trainingDigits} from './support/mnist.js';

// #region criterion
/** Keeps weights that are large within their column. */
const relative: Criterion = {
  score: weight => tf.div(tf.abs(weight), tf.maximum(tf.max(tf.abs(weight), -2, true), 1e-12)),
};
// #endregion

// #region gradients
/** Keeps weights whose removal would change the loss most: |sum of gradient x weight|, as taylor() does. */
const saliency: Criterion = {
  name: 'saliency',
  sees: 'gradients',
  observe: (weight, gradient) => tf.mul(weight, gradient),
  score: (_weight, sum) => tf.abs(sum),
};
// #endregion

// #region structure
/** Prunes neighbors in pairs. */
const pairs = eachWeight({
  pool: scores => Float32Array.from({length: scores.length / 2}, (_, i) => scores[2 * i]! + scores[2 * i + 1]!),
  spread: kept => Uint8Array.from({length: 2 * kept.length}, (_, i) => kept[i >> 1]!),
});
// #endregion

// #region allocation
/** Keeps what scores above zero, in whatever layer it is: the target is not used. */
const positive: Allocation = layers => layers.map(({scores}) => Uint8Array.from(scores, score => (score > 0 ? 1 : 0)));
// #endregion

// #region schedule
/** Half of the weights at step 10, and 80 % at step 30. */
const twoShots: SparsitySchedule = {
  sparsityAt: step => (step < 10 ? 0 : step < 30 ? 0.5 : 0.8),
  updatesAt: step => step === 10 || step === 30,
  endStep: 30,
};
// #endregion

// #region penalty
/** Pulls weights towards -1, 0 or 1, whichever is nearest. */
const ternary: Penalty = weight => {
  const nearest = tf.clipByValue(tf.round(weight), -1, 1);
  return tf.mul(1e-4, tf.sum(tf.abs(tf.sub(weight, nearest))));
};
// #endregion

// #region layer
/** A dense layer whose kernel is the product of two thin ones. */
class LowRankDense extends tf.layers.Layer {
  static className = 'LowRankDense';
  readonly #units: number;
  readonly #rank: number;
  // `prunable` finds the weights by the names of these fields
  declare left: tf.LayerVariable;
  declare right: tf.LayerVariable;

  constructor(args: {units: number; rank: number; name?: string}) {
    super(args);
    this.#units = args.units;
    this.#rank = args.rank;
  }

  override build(inputShape: tf.Shape): void {
    const initializer = tf.initializers.glorotNormal({seed: 1});
    this.left = this.addWeight('left', [inputShape.at(-1)!, this.#rank], 'float32', initializer);
    this.right = this.addWeight('right', [this.#rank, this.#units], 'float32', initializer);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return [...inputShape.slice(0, -1), this.#units];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [input] = [inputs].flat() as [tf.Tensor2D];
    return tf.matMul(tf.matMul(input, this.left.read() as tf.Tensor2D), this.right.read());
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), units: this.#units, rank: this.#rank};
  }
}
tf.serialization.registerClass(LowRankDense);
declareLayer('LowRankDense', {
  prunableWeights: ['left', 'right'].map(field => ({field, inputAxes: [0], outputAxes: [1]})),
});
// #endregion

/** Trains on so many digits; returns the sparsity that each part leads to. */
export async function main(count = 2_560): Promise<Record<string, number>> {
  await useFastestBackend();
  const {x, y} = trainingDigits(count);
  const sparsities: Record<string, number> = {};

  for (const [name, args] of Object.entries({
    criterion: {criterion: relative},
    'criterion of gradients': {criterion: saliency, data: {xs: x, ys: y}},
    structure: {structure: pairs},
    allocation: {allocation: positive, criterion: {score: (weight: tf.Tensor) => weight}},
  })) {
    const model = net();
    sparsities[name] = (await pruneOnce(model, {sparsity: 0.5, ...args})).sparsity;
  }

  const model = net();
  // #region use
  const penalty = addPenalty(model, ternary);
  await model.fit(x, y, {epochs: 1, verbose: 0, callbacks: [new GradualPruning({schedule: twoShots})]});
  penalty.remove();
  // #endregion
  const {total, layers} = await sparsityReport(model);
  Object.assign(sparsities, {schedule: total.sparsity, layer: layers.find(({layer}) => layer === 'thin')!.sparsity});
  for (const [name, sparsity] of Object.entries(sparsities)) {
    console.log(`${`${name} of your own`.padEnd(36)}${(100 * sparsity).toFixed(1)} % zeros`);
  }
  return sparsities;
}

function net(): tf.Sequential {
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.flatten({inputShape: [28, 28, 1]}),
        new LowRankDense({name: 'thin', units: 64, rank: 8}),
        tf.layers.reLU(),
        tf.layers.dense({name: 'output', units: 10, activation: 'softmax'}),
      ],
    }),
  );
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
  return model;
}
