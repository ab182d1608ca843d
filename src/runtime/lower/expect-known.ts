import {nameOf, type SerializedLayer} from '../source/model-source.js';
import {UnsupportedError, type Lowerings} from './layer-to-lower.js';

/** @throws TypeError if a layer is wrapped. */
export function expectStripped(layers: readonly SerializedLayer[]): void {
  const wrapped = layers.find(({className}) => className.startsWith('Prunable'));
  if (!wrapped) return;
  throw new TypeError(
    `compile expects a model without wrappers, got ${wrapped.className}; use \`compile(stripPruning(model))\``,
  );
}

/** @throws UnsupportedError with all layers of kinds that the runtime does not know. */
export function expectKnown(layers: readonly SerializedLayer[], lowerings: Lowerings): void {
  const unknown = layers.filter(({className}) => !(className in lowerings));
  if (unknown.length === 0) return;
  const names = unknown.map(layer => `"${nameOf(layer)}" (${layer.className})`);
  throw new UnsupportedError(`layers of these kinds: ${names.join(', ')}`);
}
