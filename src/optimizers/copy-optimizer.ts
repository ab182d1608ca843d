import * as tf from '@tensorflow/tfjs-core';
import {fieldsOf} from '../tfjs-internals.js';

/**
 * An optimizer of the same class that has the same settings, and has counted the same steps; but it remembers no
 * weights yet. Its class must make it out of its configuration, as all of tf.js do.
 */
export function copyOptimizer(optimizer: tf.Optimizer): tf.Optimizer {
  const cls = optimizer.constructor as tf.serialization.SerializableConstructor<tf.Optimizer>;
  const copy = cls.fromConfig(cls, optimizer.getConfig());
  const fields = fieldsOf(copy);
  for (const [name, value] of Object.entries(fieldsOf(optimizer))) {
    // Numbers are settings, the learning rate of now, and the count of steps; variables the powers of Adam's betas.
    if (typeof value === 'number') fields[name] = value;
    else if (value instanceof tf.Variable) (fields[name] as tf.Variable).assign(value);
  }
  return copy;
}
