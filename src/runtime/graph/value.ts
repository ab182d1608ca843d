import {sizeOf} from '../../math/size-of.js';

/**
 * What flows between nodes: for each of a batch, an image of `height` x `width` positions with channels. A sequence is
 * an image of height 1, a vector one of a single position.
 */
export interface Value {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The shape that tf.js gives it, without the batch. */
  readonly shape: readonly number[];
}

/** A value of a shape. Of more than three axes, the first ones are the height. */
export function valueOf(shape: readonly number[]): Value {
  const [channels = 1, width = 1, ...others] = [...shape].reverse();
  return {height: sizeOf(others), width, channels, shape};
}

/** How many numbers a value has, for each of a batch. */
export function sizeOfValue({height, width, channels}: Value): number {
  return height * width * channels;
}

/** Whether a value has a single position. */
export function isVector({height, width}: Value): boolean {
  return height * width === 1;
}

/** Whether two values have the same positions and channels. */
export function areAlike(a: Value, b: Value): boolean {
  return a.height === b.height && a.width === b.width && a.channels === b.channels;
}
