import {stretch} from './logistic.js';

/**
 * A counter is how likely a bit is, and how often it was seen: 22 bits of probability and 10 of a count, in one 32-bit
 * integer. It moves by 1 / (count + 1.5) of its error, so that it is a mean at first; the limit of its count keeps it
 * moving.
 */
const RATES = Int32Array.from({length: 1024}, (_, count) => Math.floor(65536 / (count + 1.5)));
const ONE = (1 << 22) - 1;
const MARGIN = 96;

/** An even chance. */
export const HALF = 1 << 21;

/** @param chance in 22 bits. */
export function counter(chance: number, count: number): number {
  return (chance << 10) | count;
}

/** Its probability, in 22 bits. */
export function chanceOf(of: number): number {
  return of >>> 10;
}

/** Its logit, in 1/256 nat. */
export function logitOf(of: number): number {
  return stretch(of >>> 20);
}

/** The counter after a bit. @param limit of its count. */
export function afterBit(of: number, bit: number, limit: number): number {
  const count = of & 1023;
  return counter(moved(of >>> 10, bit, count), count < limit ? count + 1 : count);
}

/** A probability in 22 bits after a bit, when `count` bits were seen before. */
function moved(chance: number, bit: number, count: number): number {
  const next = chance + (Math.imul(((bit ? ONE : 0) - chance) >> 7, RATES[count]!) >> 9);
  return next < MARGIN ? MARGIN : next > ONE - MARGIN ? ONE - MARGIN : next;
}

/** As many equal counters. */
export function counters(length: number, chance: number, count: number): Int32Array {
  return new Int32Array(length).fill(counter(chance, count));
}
