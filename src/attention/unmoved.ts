import {say} from '../display/say.js';
import {shortList} from '../display/short-list.js';
import type {AttendedLayer} from './attended-layers.js';
import type {MeanAttention} from './mean-attention.js';

/** Attention that has moved by less is where it began. */
const STILL = 1e-4;

/**
 * The kernels whose channels all have the attention that they began with.
 *
 * @throws Error if an attention is not a number.
 */
export async function unmoved(
  means: readonly (readonly [AttendedLayer, MeanAttention])[],
  first: number,
): Promise<string[]> {
  const names: string[] = [];
  for (const [place, {mean}] of means) {
    const [name] = place.names as [string];
    const values = await mean!.data();
    if (!values.every(Number.isFinite)) throw notFinite(name);
    if (values.every(value => Math.abs(value - first) < STILL)) names.push(name);
  }
  return names;
}

/** Says on the console whose attention has not moved. */
export function sayUnmoved(names: readonly string[], first: number): void {
  if (names.length === 0) return;
  say(
    'attentionScores',
    `the attention to the channels of ${shortList(names, ', ', 200)} has hardly moved from ${first}, so their ` +
      'scores say little; train longer, with a larger `learningRate`, or, if the net is deep, with a ' +
      '`firstAttention` nearer to 1',
  );
}

function notFinite(name: string): Error {
  return new Error(
    `Expected finite attention to the channels of "${name}", got NaN; check data and weights for NaN and ` +
      'infinity, or lower `learningRate`',
  );
}
