import * as tf from '@tensorflow/tfjs-core';
import {fieldsOf} from '../tfjs-internals.js';

/**
 * A new optimizer of the same class with the same settings and step count, but without slots. The class must be
 * constructible from its configuration, like all optimizers of tf.js.
 */
export function copyOptimizer(optimizer: tf.Optimizer): tf.Optimizer {
  const cls = optimizer.constructor as tf.serialization.SerializableConstructor<tf.Optimizer>;
  const copy = cls.fromConfig(cls, optimizer.getConfig());
  const fields = fieldsOf(copy);
  for (const [name, value] of Object.entries(fieldsOf(optimizer))) {
    // numbers: settings, the current learning rate, and the step count; variables: the powers of Adam's betas
    if (typeof value === 'number') fields[name] = value;
    else if (value instanceof tf.Variable) (fields[name] as tf.Variable).assign(value);
  }
  return copy;
}
