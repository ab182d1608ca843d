import {innerModel, type LayerVariable, type Model} from '../tfjs-internals.js';

const besides = new WeakMap<Model, readonly LayerVariable[]>();

/**
 * Variables that are trained along with a model without being part of it: backups hold them, files of the model do not.
 */
export function weightsBeside(model: Model): readonly LayerVariable[] {
  return besides.get(innerModel(model)) ?? [];
}

/** Puts variables beside a model until the returned function is called; they stay the caller's. */
export function putBeside(model: Model, variables: readonly LayerVariable[]): () => void {
  const inner = innerModel(model);
  besides.set(inner, [...weightsBeside(inner), ...variables]);
  return () =>
    void besides.set(
      inner,
      weightsBeside(inner).filter(each => !variables.includes(each)),
    );
}
