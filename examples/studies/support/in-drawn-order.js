import {createHash} from 'node:crypto';

/** Texts in an order that only a seed and the texts themselves determine. */
export function inDrawnOrder(texts, seed) {
  const hashes = new Map(texts.map(text => [text, createHash('sha256').update(`${seed} ${text}`).digest('hex')]));
  return [...texts].sort((one, other) => (hashes.get(one) < hashes.get(other) ? -1 : 1));
}
