import type {Layer, LayerVariable, Model} from '../tfjs-internals.js';

/** By the first input layer of a model: a Sequential has another model inside whenever it is compiled. */
const besides = new WeakMap<Layer, readonly LayerVariable[]>();

/**
 * Variables that are trained along with a model without being part of it: backups hold them, files of the model do not.
 */
export function weightsBeside(model: Model): readonly LayerVariable[] {
  return besides.get(firstLayer(model)) ?? [];
}

/** Puts variables beside a model until the returned function is called; they stay the caller's. */
export function putBeside(model: Model, variables: readonly LayerVariable[]): () => void {
  const put = (all: readonly LayerVariable[]) => void besides.set(firstLayer(model), all);
  put([...weightsBeside(model), ...variables]);
  return () => put(weightsBeside(model).filter(each => !variables.includes(each)));
}

function firstLayer({inputs}: Model): Layer {
  return inputs[0]!.sourceLayer;
}
