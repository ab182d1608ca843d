import {sayOnce} from '../display/say.js';
import {shortList} from '../display/short-list.js';
import type {Layer, Model} from '../tfjs-internals.js';
import {kernelsOf} from './prunable-weights.js';

/**
 * Whether training the model leaves all prunable weights of a layer unchanged: the layer, a model around it, or the
 * weights themselves are frozen.
 */
export function frozenIn(model: Model): (layer: Layer) => boolean {
  const trained = new Set(model.trainableWeights.map(({id}) => id));
  return layer => !kernelsOf(layer).some(({id}) => trained.has(id));
}

/**
 * Reports on the console which layers are skipped because they are frozen.
 *
 * @param subject the callback or model that reports it once.
 */
export function sayFrozen(owner: string, subject: object, frozen: readonly string[]): void {
  if (frozen.length === 0) return;
  const names = shortList(
    frozen.map(name => `"${name}"`),
    ', ',
    200,
  );
  sayOnce(
    subject,
    owner,
    `skips what is frozen: ${names}. To include it, name it in \`layers\`, or set \`trainable\` to true`,
  );
}
