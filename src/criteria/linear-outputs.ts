import {passCardOf} from '../layers/cards/pass-card-of.js';
import {layersWithin} from '../layers/inner-layers.js';
import {fieldsOf, isModel, type Layer, type Model} from '../tfjs-internals.js';

/** Their outputs always sum to a constant, so no signal gets through, wherever they are in the model. */
const SHARING = ['softmax', 'logSoftmax'];
/** They squash large values, which matters only at the outputs of the model. */
const SATURATING = [...SHARING, 'sigmoid', 'hardSigmoid', 'tanh', 'softsign'];

interface Activation {
  getClassName(): string;
  apply: <T>(x: T) => T;
}
const LINEAR: Activation = {getClassName: () => 'linear', apply: x => x};

/**
 * Runs an action with a model that skips every softmax, and saturating activations at its outputs. Layers hold their
 * activations in private fields: these are replaced, and restored even if the action throws.
 */
export function withLinearOutputs<T>(model: Model, action: () => T): T {
  const last = new Set(lastLayers(model));
  const undo = layersWithin(model).map(layer => makeLinear(layer, last.has(layer) ? SATURATING : SHARING));
  try {
    return action();
  } finally {
    undo.forEach(putBack => putBack());
  }
}

function makeLinear(layer: Layer, classNames: readonly string[]): () => void {
  const fields = fieldsOf(layer);
  const {activation} = fields as {activation?: Activation | null};
  const {softmaxField} = passCardOf(layer);
  const softmax = softmaxField && {[softmaxField]: fields[softmaxField]};
  if (softmaxField) fields[softmaxField] = LINEAR.apply;
  if (activation && classNames.includes(activation.getClassName())) fields['activation'] = LINEAR;
  return () => Object.assign(fields, activation && {activation}, softmax);
}

function lastLayers(model: Model): Layer[] {
  return model.outputs.flatMap(({sourceLayer: layer}) =>
    isModel(layer) ? lastLayers(layer) : [layer, ...layersWithin(layer)],
  );
}
