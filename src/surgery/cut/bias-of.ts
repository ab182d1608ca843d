import {fieldsOf, type Layer, type LayerVariable} from '../../tfjs-internals.js';

/** The bias of a layer, if it has one. */
export function biasOf(layer: Layer): LayerVariable | undefined {
  return (fieldsOf(layer)['bias'] as LayerVariable | null | undefined) ?? undefined;
}
