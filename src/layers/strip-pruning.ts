import {serialized, type Config, type Layer, type Model, type Serialized} from '../tfjs-internals.js';
import {isPrunableClass} from './kinds.js';
import {expectModel} from './model-layers.js';
import {rebuild} from './rebuild.js';

/**
 * A plain tf.js model out of a pruned one: no class of ours, masks baked into the kernels, the same outputs.
 *
 * The copy is of the same kind, with the same names, in variables of its own, not compiled; it loads where this library
 * was never heard of. The pruned model is not changed and can be trained on, also when this is called in the middle of
 * its training. A model without wrappers is copied as it is.
 *
 * @throws TypeError where `model` is none or holds a layer whose class is not registered, Error where it was disposed.
 *
 * @example
 * await stripPruning(model).save('file://./pruned');
 */
export function stripPruning<M extends Model>(model: M): M {
  expectModel('stripPruning', model);
  return rebuild(model, stripped);
}

function stripped(layer: Layer): Serialized {
  return unwrap(serialized(layer)) as Serialized;
}

/** Puts what is wrapped in place of each wrapper, at any depth of a configuration. */
function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== 'object' || value === null) return value;
  const {className, config} = value as Partial<Serialized>;
  if (typeof className === 'string' && isPrunableClass(className))
    return (config as Config & {layer: Serialized}).layer;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}
