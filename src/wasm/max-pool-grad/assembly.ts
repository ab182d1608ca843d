import {clear, FLOAT} from '../assembly/floats';
import * as window from '../assembly/window';

/**
 * The gradient of max pooling: that of each output goes to the largest number of its window, to the first of equal
 * ones, and nowhere if none is above -Infinity, as on the cpu backend.
 */
export function maxPoolGrad(x: usize, dy: usize, dx: usize): void {
  const channels = window.inChannels;
  const imageSize = window.inHeight * window.inWidth * channels;
  for (let image = 0; image < window.batch; image++) {
    clear(dx, imageSize);
    for (let row = 0; row < window.outHeight; row++) {
      for (let column = 0; column < window.outWidth; column++) {
        const startY = row * window.strideHeight - window.top;
        const startX = column * window.strideWidth - window.left;
        const endY = min(startY + window.filterHeight, window.inHeight);
        const endX = min(startX + window.filterWidth, window.inWidth);
        const firstY = max(startY, 0);
        const firstX = max(startX, 0);
        let channel = 0;
        for (; channel + 4 <= channels; channel += 4) {
          const at = <usize>channel * FLOAT;
          giveToFour(x + at, dy, dx + at, firstY, endY, firstX, endX);
          dy += 16;
        }
        for (; channel < channels; channel++) {
          const at = <usize>channel * FLOAT;
          giveToOne(x + at, dy, dx + at, firstY, endY, firstX, endX);
          dy += FLOAT;
        }
      }
    }
    x += <usize>imageSize * FLOAT;
    dx += <usize>imageSize * FLOAT;
  }
}

/** Finds the largest numbers of four channels at once, as offsets within the image. */
function giveToFour(x: usize, dy: usize, dx: usize, startY: i32, endY: i32, startX: i32, endX: i32): void {
  let maximum = f32x4.splat(-Infinity);
  let winner = i32x4.splat(-1);
  const pixelBytes = window.inChannels * 4;
  for (let y = startY; y < endY; y++) {
    for (let column = startX; column < endX; column++) {
      const offset = (y * window.inWidth + column) * pixelBytes;
      const value = v128.load(x + <usize>offset);
      const isLarger = f32x4.gt(value, maximum);
      maximum = v128.bitselect(value, maximum, isLarger);
      winner = v128.bitselect(i32x4.splat(offset), winner, isLarger);
    }
  }
  give(dx, i32x4.extract_lane(winner, 0), dy);
  give(dx + 4, i32x4.extract_lane(winner, 1), dy + 4);
  give(dx + 8, i32x4.extract_lane(winner, 2), dy + 8);
  give(dx + 12, i32x4.extract_lane(winner, 3), dy + 12);
}

function giveToOne(x: usize, dy: usize, dx: usize, startY: i32, endY: i32, startX: i32, endX: i32): void {
  let maximum: f32 = -Infinity;
  let winner = -1;
  const pixelBytes = window.inChannels * 4;
  for (let y = startY; y < endY; y++) {
    for (let column = startX; column < endX; column++) {
      const offset = (y * window.inWidth + column) * pixelBytes;
      const value = load<f32>(x + <usize>offset);
      if (value > maximum) {
        maximum = value;
        winner = offset;
      }
    }
  }
  give(dx, winner, dy);
}

function give(dx: usize, offset: i32, dy: usize): void {
  if (offset < 0) return;
  const to = dx + <usize>offset;
  store<f32>(to, load<f32>(to) + load<f32>(dy));
}
