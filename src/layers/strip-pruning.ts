import type {Model} from '../tfjs-internals.js';
import {serialized} from './layer-config.js';
import {expectModel} from './model-layers.js';
import {plainConfig} from './plain-config.js';
import {rebuild} from './rebuild.js';
import {leaveOutUnmetConstraints} from './unmet-constraints.js';

/**
 * A plain tf.js model out of a pruned one: no class of ours, masks baked into the kernels, the same outputs.
 *
 * The copy is of the same kind, with the same names, in variables of its own, not compiled; it loads where this library
 * was never heard of. The pruned model is not changed and can be trained on, also when this is called in the middle of
 * its training. Of `regularizers`, l1, l2 and elastic net become tf.js' own of the same strength; the others do nothing
 * in `predict`, and go. A constraint that the weights do not meet is not saved: tf.js never applies it in training, but
 * to what it loads, which would compute something else then. A model that holds nothing of ours is copied as it is.
 *
 * @throws TypeError where `model` is none or holds a layer whose class is not registered, RangeError where a mask holds
 *     something else than 0 and 1, Error where the model was disposed.
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
