import {valueOf, type Value} from '../graph/value.js';
import type {Levels} from './levels.js';

/** A value of bytes. In memory it is one of words, four channels each. */
export interface ByteValue {
  readonly levels: Levels;
  /** Of each channel, which byte of a position it is: 5 is the second of the second word. */
  readonly slots: Slots;
}

export type Slots = readonly number[];

/** Channels one after the other. */
export function plainSlots(channels: number): Slots {
  return Array.from({length: channels}, (_, i) => i);
}

export function arePlain(slots: Slots): boolean {
  return slots.every((slot, i) => slot === i);
}

/** How many words hold some slots. */
export function wordsOf(slots: Slots): number {
  return 1 + Math.floor(slots.reduce((most, slot) => Math.max(most, slot), 0) / 4);
}

/** A value of words in place of one of floats. */
export function valueOfWords(value: Value, slots: Slots): Value {
  return valueOf([...value.shape.slice(0, -1), wordsOf(slots)]);
}

/** Whether words would hold more nothing than numbers. */
export function areWasteful(slots: Slots): boolean {
  return slots.length > 4 && 2 * slots.length < 4 * wordsOf(slots);
}

/** The bytes that zero is in each channel of a word. */
export function zeroWord({zero}: Levels): number {
  return zero * 0x01010101;
}
