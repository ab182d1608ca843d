import {sizeOf} from '../../math/size-of.js';
import type {WeightLayout} from '../../structures/structure.js';
import type {LayerShape} from '../policies/policy.js';

/**
 * What the kernel of a layer is like.
 *
 * @param positions how often each value multiplies, if it is known.
 */
export function layerShape({shape, inputAxes, outputAxes}: WeightLayout, positions = NaN): LayerShape {
  const along = (axes: readonly number[]) => sizeOf(axes.map(axis => shape[axis]!));
  const window = sizeOf(shape.filter((_, axis) => !inputAxes.includes(axis) && !outputAxes.includes(axis)));
  const isKnown = Number.isFinite(positions) && positions > 0;
  return {inputs: along(inputAxes), outputs: along(outputAxes), window, positions: isKnown ? positions : 1};
}
