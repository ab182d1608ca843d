import {valueIdentity, type LayerVariable} from '../tfjs-internals.js';
import type {Pair} from './pair-with-teacher.js';

/**
 * Remembers the values of all weights that take part.
 *
 * @returns a function that expects them to be the same still.
 */
export function rememberValues(owner: string, pairs: readonly Pair[]): () => void {
  const all = pairs.flatMap(({weight, teacher}) => [...variablesOf(weight), ...(teacher ? variablesOf(teacher) : [])]);
  const before = all.map(valueIdentity);
  return () => {
    const changed = all.find((variable, i) => valueIdentity(variable) !== before[i]);
    if (!changed) return;
    throw new Error(
      `${owner} expects the weights of both models to stay while it computes others, but "${changed.originalName}" ` +
        'was changed; await one call before the next. This one changed nothing',
    );
  };
}

function variablesOf({variable, masked, constant}: Pair['weight']): LayerVariable[] {
  return [variable, ...(masked ? [masked.mask] : []), ...(constant ? [constant.variable] : [])];
}
