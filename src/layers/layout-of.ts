import {fromStart} from '../math/from-start.js';
import type {WeightLayout} from '../structures/structure.js';
import type {Layer, LayerVariable} from '../tfjs-internals.js';
import type {PrunableWeight} from './cards/layer-card.js';

/**
 * What the axes of a kernel mean.
 *
 * @param owner the layer that holds the kernel, for errors.
 * @throws RangeError if the kernel has not the axes, or not the gates, that its card says. Where a card is declared, no
 *     weight is there to compare it with.
 */
export function layoutOf(kernel: LayerVariable, card: PrunableWeight, owner: Layer): WeightLayout {
  const {gates = 1} = card;
  const shape = kernel.shape as number[];
  const [inputAxes, outputAxes] = (['inputAxes', 'outputAxes'] as const).map(name => {
    const axes = card[name].map(axis => fromStart(axis, shape.length));
    const areThere = axes.every(axis => axis >= 0 && axis < shape.length);
    if (areThere && new Set(axes).size === axes.length) return axes;
    throw contradiction(kernel, card, owner, `\`${name}: [${card[name].join()}]\``);
  }) as [number[], number[]];
  const split = shape[outputAxes.at(-1) ?? -1] ?? 1;
  if (split % gates !== 0) throw contradiction(kernel, card, owner, `\`gates: ${gates}\``);
  return {name: kernel.originalName, shape, inputAxes, outputAxes, gates};
}

function contradiction(kernel: LayerVariable, {field}: PrunableWeight, owner: Layer, claim: string): RangeError {
  return new RangeError(
    `${owner.getClassName()} is declared with ${claim} of its \`${field}\`, but "${kernel.originalName}" has the ` +
      `shape [${kernel.shape.join()}]; correct it in declareLayer`,
  );
}
