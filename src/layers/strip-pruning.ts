import type {Model} from '../tfjs-internals.js';
import {serialized} from './layer-config.js';
import {expectModel} from './model-layers.js';
import {plainConfig} from './plain-config.js';
import {rebuild} from './rebuild.js';
import {leaveOutUnmetConstraints} from './unmet-constraints.js';

/**
 * Returns a plain tf.js model with the same outputs: masks are baked into the kernels, and no class of this library is
 * left.
 *
 * The copy is of the same kind, with the same names and variables of its own, not compiled. It loads without this
 * library. The pruned model is not changed: you can call this in the middle of training and train on. The
 * `regularizers` l1, l2 and elastic net become those of tf.js with the same strength; the others do nothing in
 * `predict` and are dropped. A constraint that the weights do not meet is not saved: tf.js never applies it in
 * training, but does to weights that it loads, which would change the outputs. A model without wrapped layers is copied
 * as it is.
 *
 * @throws TypeError if `model` is not a model or holds a layer whose class is not registered, RangeError if a mask
 *     holds anything but 0 and 1, Error if the model was disposed.
 *
 * @example
 * await stripPruning(model).save('file://./pruned');
 */
export function stripPruning<M extends Model>(model: M): M {
  expectModel('stripPruning', model);
  const plain = rebuild(model, layer => plainConfig(serialized(layer)));
  leaveOutUnmetConstraints(plain);
  return plain;
}
