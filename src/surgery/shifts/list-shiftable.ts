import type {Model} from '../../tfjs-internals.js';
import {withShiftCandidates, type ShiftConvolutionsArgs} from './shift-candidate.js';

/** What `shiftConvolutions` does with a convolution. */
export interface ShiftableStatus {
  /** The path of the layer: its name, after those of the models that hold it. */
  layer: string;
  /** How many positions in the window an input channel takes weights from: the largest number over all channels. */
  taps: number;
  /** 'shiftable' if it becomes shifts, 'skipped' if it stays as it is. */
  status: 'shiftable' | 'skipped';
  /** Why it is skipped; empty if it is not. */
  reason: string;
}

/**
 * Lists the Conv2D layers of a model and what `shiftConvolutions` does with each; changes nothing.
 *
 * @throws what `shiftConvolutions` throws.
 *
 * @example
 * console.log(formatShiftable(await listShiftable(model)));
 */
export async function listShiftable(model: Model, args: ShiftConvolutionsArgs = {}): Promise<ShiftableStatus[]> {
  return withShiftCandidates('listShiftable', model, args, (_, candidates) =>
    candidates.map(({path, shifted: {taps}, reason}) => ({
      layer: path,
      taps,
      status: reason === '' ? 'shiftable' : 'skipped',
      reason,
    })),
  );
}
