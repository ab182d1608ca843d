import {cardOf} from '../layers/cards/card-of.js';
import {layersWithin} from '../layers/prunable-weights.js';
import {fieldsOf, isModel, type Layer, type Model} from '../tfjs-internals.js';

/** Their outputs always sum to the same, so that no signal gets through, wherever they are. */
const SHARING = ['softmax', 'logSoftmax'];
/** They squash large values. */
const SATURATING = [...SHARING, 'sigmoid', 'hardSigmoid', 'tanh', 'softsign'];

interface Activation {
  getClassName(): string;
  apply: <T>(x: T) => T;
}
const LINEAR: Activation = {getClassName: () => 'linear', apply: x => x};

/**
 * Does something with a model that skips every softmax, and all saturating activations at its outputs. Layers keep
 * their activations in private fields: they are exchanged there, and put back whatever happens.
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
  const {softmaxField} = cardOf(layer);
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
