import {isNoisy} from '../layers/cards/card-of.js';
import {layersWithin} from '../layers/prunable-weights.js';
import {fieldsOf, type FitArgs, type Model} from '../tfjs-internals.js';

/**
 * Why a `fit` that is resumed will not be equal, bit by bit, to one that never stopped, as far as can be seen: a
 * dataset may come in any order. Empty where nothing speaks against it.
 *
 * @param data the dataset; undefined where `fit` has tensors, which it shuffles unless it is told not to.
 */
export function unrepeatable(model: Model, args: FitArgs, data: unknown): string[] {
  const shuffles = data === undefined && (args as {shuffle?: unknown}).shuffle !== false;
  const layers = layersWithin(model);
  const list = (what: string, those: typeof layers) =>
    those.length === 0 ? [] : [`${what} by ${those.map(({name}) => `"${name}"`).join(', ')}`];
  return [
    ...(shuffles ? ['fit shuffles by Math.random (use `shuffle: false`, or fitDataset with seededBatches())'] : []),
    ...list(
      'random numbers are drawn from Math.random',
      layers.filter(layer => isNoisy(layer) && !isSeeded(fieldsOf(layer))),
    ),
    ...list(
      'the batch before is remembered',
      layers.filter(layer => fieldsOf(layer)['stateful'] === true),
    ),
  ];
}

/** With a seed tf.js drops the same in each pass. */
function isSeeded({seed}: Record<string, unknown>): boolean {
  return typeof seed === 'number';
}
