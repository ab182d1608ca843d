import {layersOf, nameOf, type SerializedLayer} from '../source/model-source.js';
import {UnsupportedError} from './layer-to-lower.js';
import {LOWERINGS} from './lowerings.js';

const KNOWN = new Set([...Object.keys(LOWERINGS), 'InputLayer']);

/** @throws TypeError if layers of a model are wrapped. */
export function expectStripped(model: SerializedLayer): void {
  const wrapped = innerLayers(model).find(({className}) => className.startsWith('Prunable'));
  if (!wrapped) return;
  throw new TypeError(
    `compile expects a model without wrappers, got ${wrapped.className}; use \`compile(stripPruning(model))\``,
  );
}

/** @throws UnsupportedError with all layers of a model of kinds that the runtime does not know. */
export function expectKnown(model: SerializedLayer): void {
  const unknown = innerLayers(model).filter(({className}) => !KNOWN.has(className));
  if (unknown.length === 0) return;
  const names = unknown.map(layer => `"${nameOf(layer)}" (${layer.className})`);
  throw new UnsupportedError(`layers of these kinds: ${names.join(', ')}`);
}

/** The layers of a model and of those in it. */
function innerLayers(model: SerializedLayer): readonly SerializedLayer[] {
  return layersOf(model)!.flatMap(layer => (layersOf(layer) ? innerLayers(layer) : [layer]));
}
