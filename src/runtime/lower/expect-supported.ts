import {nameOf, type SerializedLayer} from '../source/model-source.js';
import type {Lowerings} from './layer-to-lower.js';

/** @throws TypeError with all layers that the runtime can't compute. */
export function expectSupported(layers: readonly SerializedLayer[], lowerings: Lowerings): void {
  const wrapped = layers.find(({className}) => className.startsWith('Prunable'));
  if (wrapped) {
    throw new TypeError(
      `compile expects a model without wrappers, got ${wrapped.className}; use \`compile(stripPruning(model))\``,
    );
  }
  const unknown = layers.filter(({className}) => !(className in lowerings));
  if (unknown.length === 0) return;
  const names = unknown.map(layer => `"${nameOf(layer)}" (${layer.className})`);
  throw new TypeError(`compile can't run these layers yet: ${names.join(', ')}; use \`model.predict\` for this model`);
}
