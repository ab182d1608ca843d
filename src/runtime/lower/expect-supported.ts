import {layersOf, nameOf, type SerializedLayer} from '../source/model-source.js';
import {LOWERINGS} from './lowerings.js';

const KNOWN = new Set([...Object.keys(LOWERINGS), 'InputLayer']);

/** @throws TypeError with all layers of a model that the runtime can't compute. */
export function expectSupported(model: SerializedLayer): void {
  const layers = innerLayers(model);
  const wrapped = layers.find(({className}) => className.startsWith('Prunable'));
  if (wrapped) {
    throw new TypeError(
      `compile expects a model without wrappers, got ${wrapped.className}; use \`compile(stripPruning(model))\``,
    );
  }
  const unknown = layers.filter(({className}) => !KNOWN.has(className));
  if (unknown.length === 0) return;
  const names = unknown.map(layer => `"${nameOf(layer)}" (${layer.className})`);
  throw new TypeError(`compile can't run these layers yet: ${names.join(', ')}; use \`model.predict\` for this model`);
}

/** The layers of a model and of those in it. */
function innerLayers(model: SerializedLayer): readonly SerializedLayer[] {
  return layersOf(model)!.flatMap(layer => (layersOf(layer) ? innerLayers(layer) : [layer]));
}
