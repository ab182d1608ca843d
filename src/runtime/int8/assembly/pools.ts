import {storeWord, wordAt} from './lanes';

/** The largest (`isMax`) or the mean of each window, four channels at once; what is beside the image is not in it. */
export function poolWords(at: usize): void {
  const from = load<usize>(at, 8);
  const to = load<usize>(at, 12);
  const quads = load<i32>(at, 16);
  const fromStep = load<usize>(at, 20);
  const toStep = load<usize>(at, 24);
  const images = load<i32>(at, 28);
  const fromImageStep = load<usize>(at, 32);
  const toImageStep = load<usize>(at, 36);
  const fromLineStep = load<usize>(at, 40);
  const toLineStep = load<usize>(at, 44);
  const height = load<i32>(at, 48);
  const outHeight = load<i32>(at, 52);
  const poolHeight = load<i32>(at, 56);
  const strideHeight = load<i32>(at, 60);
  const top = load<i32>(at, 64);
  for (let quad = 0; quad < quads; quad++) {
    for (let image = 0; image < images; image++) {
      const plane = from + <usize>quad * fromStep + <usize>image * fromImageStep;
      let line = to + <usize>quad * toStep + <usize>image * toImageStep;
      for (let y = 0; y < outHeight; y++) {
        const begin = max(0, y * strideHeight - top);
        const end = min(height, y * strideHeight - top + poolHeight);
        poolLine(at, plane + <usize>begin * fromLineStep, fromLineStep, end - begin, line);
        line += toLineStep;
      }
    }
  }
}

function poolLine(at: usize, from: usize, lineStep: usize, lines: i32, to: usize): void {
  const width = load<i32>(at, 68);
  const outWidth = load<i32>(at, 72);
  const poolWidth = load<i32>(at, 76);
  const strideWidth = load<i32>(at, 80);
  const left = load<i32>(at, 84);
  const isMax = load<i32>(at, 88);
  let x = 0;
  if (isMax && poolWidth === 2 && strideWidth === 2 && left === 0) {
    for (; x + 4 <= outWidth && 2 * x + 8 <= width; x += 4) {
      let first = from + ((<usize>x) << 3);
      let a = v128.load(first);
      let b = v128.load(first, 16);
      for (let line = 1; line < lines; line++) {
        first += lineStep;
        a = i8x16.max_s(a, v128.load(first));
        b = i8x16.max_s(b, v128.load(first, 16));
      }
      const even = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
      const odd = v128.shuffle<i32>(a, b, 1, 3, 5, 7);
      v128.store(to + ((<usize>x) << 2), i8x16.max_s(even, odd));
    }
  }
  for (; x < outWidth; x++) {
    const begin = max(0, x * strideWidth - left);
    const columns = min(width, x * strideWidth - left + poolWidth) - begin;
    const window = from + ((<usize>begin) << 2);
    const pooled = isMax
      ? maxOf(window, lines, lineStep, columns)
      : f32x4.add(meanOf(window, lines, lineStep, columns), f32x4.splat(0.5));
    storeWord(to + ((<usize>x) << 2), i32x4.trunc_sat_f32x4_s(pooled));
  }
}

/** The largest (`isMax`) or the mean of each plane, as floats. */
export function poolAllWords(at: usize): void {
  const from = load<usize>(at, 8);
  const to = load<usize>(at, 12);
  const channels = load<i32>(at, 16);
  const fromStep = load<usize>(at, 20);
  const toStep = load<usize>(at, 24);
  const images = load<i32>(at, 28);
  const fromImageStep = load<usize>(at, 32);
  const toImageStep = load<usize>(at, 36);
  const lines = load<i32>(at, 40);
  const lineStep = load<usize>(at, 44);
  const width = load<i32>(at, 48);
  const isMax = load<i32>(at, 52);
  const scale = v128.load32_splat(at, 56);
  const zero = v128.load32_splat(at, 60);
  for (let channel = 0; channel < channels; channel += 4) {
    const count = channels - channel;
    for (let image = 0; image < images; image++) {
      const plane = from + ((<usize>channel) >> 2) * fromStep + <usize>image * fromImageStep;
      const pooled = isMax ? maxOf(plane, lines, lineStep, width) : meanOf(plane, lines, lineStep, width);
      const floats = f32x4.mul(f32x4.sub(pooled, zero), scale);
      const y = to + <usize>channel * toStep + <usize>image * toImageStep;
      v128.store32_lane(y, floats, 0);
      if (count > 1) v128.store32_lane(y + toStep, floats, 1);
      if (count > 2) v128.store32_lane(y + 2 * toStep, floats, 2);
      if (count > 3) v128.store32_lane(y + 3 * toStep, floats, 3);
    }
  }
}

function meanOf(from: usize, lines: i32, lineStep: usize, width: i32): v128 {
  let sums = i32x4.splat(0);
  for (let line = 0; line < lines; line++) {
    const end = from + ((<usize>width) << 2);
    for (let x = from; x < end; x += 4) sums = i32x4.add(sums, wordAt(x));
    from += lineStep;
  }
  return f32x4.div(f32x4.convert_i32x4_s(sums), f32x4.splat(<f32>(lines * width)));
}

function maxOf(from: usize, lines: i32, lineStep: usize, width: i32): v128 {
  let most = i32x4.splat(0);
  for (let line = 0; line < lines; line++) {
    const end = from + ((<usize>width) << 2);
    for (let x = from; x < end; x += 4) most = i32x4.max_s(most, wordAt(x));
    from += lineStep;
  }
  return f32x4.convert_i32x4_s(most);
}
