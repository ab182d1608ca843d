import {number} from '../options/option.js';
import type {Args} from '../options/table.js';

/** The option of most penalties. */
export const STRENGTH = {
  /** By what the penalty is multiplied, a number >= 0. */
  strength: number({min: 0}),
};

/** What most penalties take. */
export type StrengthArgs = Args<typeof STRENGTH>;

/** Expects a strength: 0 is none. */
export function expectStrength(name: string, strength: number): number {
  return STRENGTH.strength.check(name, strength);
}
