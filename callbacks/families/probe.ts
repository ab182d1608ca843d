import * as tf from '@tensorflow/tfjs-core';
import {prunableLayers} from '../../src/layers/model-layers.js';
import {remember, unchanged} from '../../src/layers/unchanged.js';
import {insteadOfSteps, type Minimize} from '../../src/optimizers/instead-of-step.js';
import {differentiating, withoutMetrics, type LayerVariable, type Model} from '../../src/tfjs-internals.js';
import type {PrunedTraining} from '../method.js';

/**
 * Batches of `fit` that are observed but train nothing: they run forward and backward, but the optimizer takes no step,
 * and moving averages stay as they are.
 */
export class Probe {
  #end: (() => void) | undefined;

  /** Makes a probe of the batch that begins. */
  begin({model, watch}: Pick<PrunedTraining, 'model' | 'watch'>): void {
    const stepAgain = insteadOfSteps(model.optimizer, probing(model, watch));
    const putBack = remember(statisticsOf(model));
    this.#end = () => {
      stepAgain();
      putBack();
    };
  }

  /** Ends the probe, if there is one. */
  end(): void {
    this.#end?.();
    this.#end = undefined;
  }
}

/** Runs the passes of one batch and restores all variables. */
function probing(model: Model, watch: PrunedTraining['watch']): Minimize {
  return (loss, returnCost, variables) => {
    const value = unchanged(model.weights, () => {
      let cost: tf.Scalar | undefined;
      watch(() => {
        if (cost) withoutMetrics(model, () => lossOf(loss, variables));
        else cost = lossOf(loss, variables);
      });
      return cost!;
    });
    if (returnCost === true) return value;
    value.dispose();
    return null;
  };
}

/** The variables that training changes without the optimizer: moving averages. */
function statisticsOf(model: Model): LayerVariable[] {
  const masks = new Set(prunableLayers(model).flatMap(({layer}) => layer.maskedWeights.map(({mask}) => mask)));
  return model.nonTrainableWeights.filter(weight => !masks.has(weight));
}

/** Computes a loss and runs its backward pass, for observers. */
function lossOf(loss: () => tf.Scalar, variables: tf.Variable[] | undefined): tf.Scalar {
  const {value, grads} = differentiating(() => tf.variableGrads(loss, variables));
  tf.dispose(grads);
  return value;
}
