import {number} from '../options/option.js';
import type {Args} from '../options/table.js';

/** The option of most penalties. */
export const STRENGTH = {
  /** The factor of the penalty, a number >= 0. */
  strength: number({min: 0}),
};

/** Options of most penalties. */
export type StrengthArgs = Args<typeof STRENGTH>;
