import {expectNumber} from '../options/expect.js';

/** What most penalties take. */
export interface StrengthArgs {
  /** By what the penalty is multiplied, a number >= 0. */
  strength: number;
}

/** Expects a strength: 0 is none. */
export function expectStrength(name: string, strength: number): number {
  return expectNumber(name, strength, {min: 0});
}
