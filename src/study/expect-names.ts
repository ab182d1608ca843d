import {modelLayers} from '../layers/model-layers.js';
import type {Model} from '../tfjs-internals.js';

/** What tf.js calls a layer without a name, and its count of them: `dense_Dense1`, `forward_lstm_LSTM2`. */
const COUNTED = /^(?:forward_|backward_)?([a-z0-9_]+)_([A-Z][A-Za-z0-9]*?)\d+$/;
/** What it calls a model without a name. */
const COUNTED_MODEL = /^(?:sequential_|model)\d+$/;

/**
 * Expects a net whose weights have names of its own. tf.js counts layers without one through the whole process, and
 * what criteria and gates draw follows from the names: a run would depend on those before it.
 *
 * @throws RangeError that names a weight that is called otherwise.
 */
export function expectNames(owner: string, model: Model): void {
  const names = modelLayers(model).flatMap(({layer, within}) =>
    layer.weights.map(({originalName}) => within + originalName),
  );
  const counted = names.find(name => name.split('/').some(isCounted));
  if (counted === undefined) return;
  throw new RangeError(
    `${owner} must give each layer with weights a \`name\`, since results depend on the names, but tf.js has made up ` +
      `that of "${counted}"`,
  );
}

function isCounted(part: string): boolean {
  const [, snake, className] = COUNTED.exec(part) ?? [];
  return COUNTED_MODEL.test(part) || (snake !== undefined && snake.replaceAll('_', '') === className!.toLowerCase());
}
