import {isNoisy} from '../layers/cards/pass-card-of.js';
import {layersWithin} from '../layers/inner-layers.js';
import {fieldsOf, type FitArgs, type Model} from '../tfjs-internals.js';

/**
 * The detectable reasons why a resumed `fit` will differ from one that never stopped; the order of a dataset can't be
 * checked.
 *
 * @param data the dataset; undefined if `fit` has tensors, which it shuffles by default.
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

/** With a seed, tf.js drops the same units in each pass. */
function isSeeded({seed}: Record<string, unknown>): boolean {
  return typeof seed === 'number';
}
