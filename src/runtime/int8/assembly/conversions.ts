import {narrowed, storeWord, turned, whole, wordAt} from './lanes';

const MOST: f32 = 127;

/** Floats of any strides as bytes, four channels in a word: `floor(factor * x + shift)`. NaN becomes 0. */
export function quantize(at: usize): void {
  const from = load<usize>(at, 8);
  const to = load<usize>(at, 12);
  const channels = load<i32>(at, 16);
  const channelStep = load<usize>(at, 20);
  const toStep = load<usize>(at, 24);
  const images = load<i32>(at, 28);
  const fromImageStep = load<usize>(at, 32);
  const toImageStep = load<usize>(at, 36);
  const lines = load<i32>(at, 40);
  const fromLineStep = load<usize>(at, 44);
  const toLineStep = load<usize>(at, 48);
  const width = load<i32>(at, 52);
  const columnStep = load<usize>(at, 56);
  for (let channel = 0; channel < channels; channel += 4) {
    // Where channels are missing it does not matter what is there: their weights are zero.
    const step1 = channel + 1 < channels ? channelStep : 0;
    const step2 = step1 + (channel + 2 < channels ? channelStep : 0);
    const step3 = step2 + (channel + 3 < channels ? channelStep : 0);
    for (let image = 0; image < images; image++) {
      for (let line = 0; line < lines; line++) {
        const plane = from + <usize>channel * channelStep;
        let x = plane + <usize>image * fromImageStep + <usize>line * fromLineStep;
        let y = to + ((<usize>channel) >> 2) * toStep + <usize>image * toImageStep + <usize>line * toLineStep;
        let count = width;
        for (; count >= 4; count -= 4) {
          if (columnStep === 4) {
            const a = wholeOf(at, v128.load(x));
            const b = wholeOf(at, v128.load(x + step1));
            const c = wholeOf(at, v128.load(x + step2));
            const d = wholeOf(at, v128.load(x + step3));
            v128.store(y, turned(narrowed(a, b, c, d, i8x16.splat(0))));
          } else {
            const a = wholeOf(at, position(x, channelStep, step1, step2, step3));
            const b = wholeOf(at, position(x + columnStep, channelStep, step1, step2, step3));
            const c = wholeOf(at, position(x + 2 * columnStep, channelStep, step1, step2, step3));
            const d = wholeOf(at, position(x + 3 * columnStep, channelStep, step1, step2, step3));
            v128.store(y, narrowed(a, b, c, d, i8x16.splat(0)));
          }
          x += 4 * columnStep;
          y += 16;
        }
        for (; count > 0; count--) {
          storeWord(y, wholeOf(at, position(x, channelStep, step1, step2, step3)));
          x += columnStep;
          y += 4;
        }
      }
    }
  }
}

function wholeOf(at: usize, x: v128): v128 {
  const y = f32x4.add(f32x4.mul(x, v128.load32_splat(at, 60)), v128.load32_splat(at, 64));
  return whole(y, f32x4.splat(MOST));
}

function position(x: usize, channelStep: usize, step1: usize, step2: usize, step3: usize): v128 {
  if (channelStep === 4) return v128.load(x);
  let numbers = v128.load32_zero(x);
  numbers = v128.load32_lane(x + step1, numbers, 1);
  numbers = v128.load32_lane(x + step2, numbers, 2);
  return v128.load32_lane(x + step3, numbers, 3);
}

/** Bytes as floats of any strides: `scale * (x - zero)`. */
export function dequantize(at: usize): void {
  const from = load<usize>(at, 8);
  const to = load<usize>(at, 12);
  const channels = load<i32>(at, 16);
  const fromStep = load<usize>(at, 20);
  const channelStep = load<usize>(at, 24);
  const images = load<i32>(at, 28);
  const fromImageStep = load<usize>(at, 32);
  const toImageStep = load<usize>(at, 36);
  const lines = load<i32>(at, 40);
  const fromLineStep = load<usize>(at, 44);
  const toLineStep = load<usize>(at, 48);
  const width = load<i32>(at, 52);
  const columnStep = load<usize>(at, 56);
  const scale = v128.load32_splat(at, 60);
  const zero = v128.load32_splat(at, 64);
  for (let channel = 0; channel < channels; channel += 4) {
    const count = channels - channel;
    for (let image = 0; image < images; image++) {
      for (let line = 0; line < lines; line++) {
        let x = from + ((<usize>channel) >> 2) * fromStep + <usize>image * fromImageStep + <usize>line * fromLineStep;
        const plane = to + <usize>channel * channelStep;
        let y = plane + <usize>image * toImageStep + <usize>line * toLineStep;
        for (let i = 0; i < width; i++) {
          const floats = f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(wordAt(x)), zero), scale);
          v128.store32_lane(y, floats, 0);
          if (count > 1) v128.store32_lane(y + channelStep, floats, 1);
          if (count > 2) v128.store32_lane(y + 2 * channelStep, floats, 2);
          if (count > 3) v128.store32_lane(y + 3 * channelStep, floats, 3);
          x += 4;
          y += columnStep;
        }
      }
    }
  }
}
