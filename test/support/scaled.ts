import * as tf from '@tensorflow/tfjs';
import {declareParametrization} from 'tfjs-pruning';

/** Options of {@link scaled}. */
interface ScaledArgs {
  by?: number;
  costs?: number;
}

/**
 * A trainable factor for each output, and one for the whole weight that counts the calls of training; its cost is the
 * sum of the factors.
 */
export const scaled = declareParametrization('Scaled', ({by = 1, costs = 0}: ScaledArgs) => (weight, addVariable) => {
  const initializer = tf.initializers.randomUniform({minval: by, maxval: by + 1e-3});
  const scale = addVariable('scale', {axes: weight.outputAxes, initializer});
  const calls = addVariable('calls', {axes: [], initializer: tf.initializers.zeros(), trainable: false});
  return {
    apply(w, {training}) {
      if (training) (calls.read() as tf.Variable).assign(tf.add(calls.read(), 1));
      return tf.mul(w, scale.read());
    },
    cost: () => tf.mul<tf.Scalar>(costs, tf.sum(scale.read())),
  };
});
