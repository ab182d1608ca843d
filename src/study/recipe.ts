import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {setLearningRate} from '../optimizers/learning-rate.js';
import {received} from '../options/expect.js';
import {integer, oneOf, option, positive} from '../options/option.js';
import type {Args, Values} from '../options/table.js';
import {FusedAdam} from '../wasm/adam/fused-adam.js';

const OPTIMIZERS = {
  adam: rate => tf.train.adam(rate),
  fusedAdam: rate => new FusedAdam(rate),
  momentum: rate => tf.train.momentum(rate, 0.9),
  nesterov: rate => tf.train.momentum(rate, 0.9, true),
  rmsprop: rate => tf.train.rmsprop(rate),
  sgd: rate => tf.train.sgd(rate),
} satisfies Record<string, (rate: number) => tf.Optimizer>;

/** The options of a recipe. */
export const RECIPE = {
  /** How many epochs a net is trained for before it is pruned, at least 1. */
  epochs: integer({min: 1}),
  /** How many epochs it is fine-tuned for, at least 0; methods that prune while they train have both. Defaults to 0. */
  tuneEpochs: integer({}, 0),
  /** Examples a batch. Defaults to 32. */
  batchSize: integer({min: 1}, 32),
  /** 'adam', 'fusedAdam', 'momentum' (0.9), 'nesterov' (0.9), 'rmsprop' or 'sgd'. Defaults to 'adam'. */
  optimizer: oneOf(Object.keys(OPTIMIZERS) as (keyof typeof OPTIMIZERS)[], 'adam'),
  /** The learning rate at first. Defaults to 0.001. */
  learningRate: positive(0.001),
  /** The learning rate when fine-tuning begins. Defaults to `learningRate`. */
  tuneLearningRate: positive(undefined),
  /**
   * How the rate falls to 0 over the epochs of each part: 'constant' (not at all), 'linear' or 'cosine'. Defaults to
   * 'cosine'.
   */
  decay: oneOf(['constant', 'linear', 'cosine'], 'cosine'),
  /** The loss, by its name in tf.js. Defaults to 'categoricalCrossentropy'. */
  loss: option(expectLoss, 'categoricalCrossentropy'),
};

/** How every net of a study is trained: the dense control, too. */
export type Recipe = Args<typeof RECIPE>;

/** A recipe with all defaults. */
export type FullRecipe = Values<typeof RECIPE>;

/** The optimizer of a recipe, new. */
export function optimizerOf({optimizer, learningRate}: FullRecipe): tf.Optimizer {
  return OPTIMIZERS[optimizer](learningRate);
}

/** The learning rate at an epoch, counted over training and fine-tuning. */
export function rateAt(recipe: FullRecipe, epoch: number): number {
  const {epochs, tuneEpochs, learningRate, tuneLearningRate = learningRate, decay} = recipe;
  const isTuning = epoch >= epochs;
  const [first, done] = isTuning ? [tuneLearningRate, (epoch - epochs) / tuneEpochs] : [learningRate, epoch / epochs];
  if (decay === 'constant') return first;
  return first * (decay === 'linear' ? 1 - done : (1 + Math.cos(Math.PI * done)) / 2);
}

/** Sets the learning rate of a recipe before each epoch. */
export class RecipeRate extends tfl.Callback {
  readonly #recipe: FullRecipe;
  readonly #first: number;

  /** @param first the epoch of the recipe that epoch 0 of the `fit` is. */
  constructor(recipe: FullRecipe, first: number) {
    super();
    this.#recipe = recipe;
    this.#first = first;
  }

  override onEpochBegin(epoch: number): Promise<void> {
    setLearningRate(this.model.optimizer, rateAt(this.#recipe, this.#first + epoch));
    return Promise.resolve();
  }
}

function expectLoss(name: string, value: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new TypeError(`Expected \`${name}\` to be the name of a loss of tf.js, got ${received(value)}`);
}
