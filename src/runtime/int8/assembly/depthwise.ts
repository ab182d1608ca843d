import {addDot} from './dots';
import {bytesOf, narrowed, scaled, turned, whole} from './lanes';

/**
 * A kernel over each channel, four channels at once. It is cut into runs of up to four entries side by side: four
 * positions of a run, turned around, are four inputs of each channel. The stream holds, for each four channels, what
 * their sums begin with, factors and shifts, then for each run four weights of each channel; `offsets` says where the
 * runs begin.
 */
export function depthwise(at: usize): void {
  let weights = load<usize>(at, 8);
  const quads = load<i32>(at, 12);
  let from = load<usize>(at, 16);
  const fromStep = load<usize>(at, 20);
  let to = load<usize>(at, 24);
  const toStep = load<usize>(at, 28);
  const images = load<i32>(at, 32);
  const fromImageStep = load<usize>(at, 36);
  const toImageStep = load<usize>(at, 40);
  const lines = load<i32>(at, 44);
  const fromLineStep = load<usize>(at, 48);
  const toLineStep = load<usize>(at, 52);
  const bytes = (<usize>load<i32>(at, 56)) << 2;
  const stride = load<usize>(at, 60);
  const runs = load<i32>(at, 64);
  const offsets = load<usize>(at, 68);
  const low = bytesOf(load<f32>(at, 72));
  const high = v128.load32_splat(at, 76);
  const offsetsEnd = offsets + ((<usize>runs) << 2);
  for (let quad = 0; quad < quads; quad++) {
    const start = v128.load(weights);
    const factor = v128.load(weights, 16);
    const shift = v128.load(weights, 32);
    weights += 48;
    for (let image = 0; image < images; image++) {
      for (let line = 0; line < lines; line++) {
        let x = from + <usize>image * fromImageStep + <usize>line * fromLineStep;
        let y = to + <usize>image * toImageStep + <usize>line * toLineStep;
        for (const end = y + bytes; y < end; y += 16) {
          let sum0 = start;
          let sum1 = start;
          let sum2 = start;
          let sum3 = start;
          let entry = weights;
          for (let offset = offsets; offset < offsetsEnd; offset += 4) {
            const run = x + load<usize>(offset);
            const w = v128.load(entry);
            sum0 = addDot(w, turned(v128.load(run)), sum0);
            sum1 = addDot(w, turned(v128.load(run + stride)), sum1);
            sum2 = addDot(w, turned(v128.load(run + 2 * stride)), sum2);
            sum3 = addDot(w, turned(v128.load(run + 3 * stride)), sum3);
            entry += 16;
          }
          const y0 = whole(scaled(sum0, factor, shift), high);
          const y1 = whole(scaled(sum1, factor, shift), high);
          const y2 = whole(scaled(sum2, factor, shift), high);
          v128.store(y, narrowed(y0, y1, y2, whole(scaled(sum3, factor, shift), high), low));
          x += 4 * stride;
        }
      }
    }
    weights += (<usize>runs) << 4;
    from += fromStep;
    to += toStep;
  }
}
