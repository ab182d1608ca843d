import {maxOfLanes, sumOfLanes} from './lanes';

// A line of columns, already pooled along the height, is held in `scratch` while it is pooled along the width. Behind
// its numbers there is room for 4 more.

/** The largest (`isMax`) or the mean of each window; what is beside the image is not in it. */
export function pool(at: usize): void {
  const from = load<usize>(at, 8);
  const to = load<usize>(at, 12);
  const channels = load<i32>(at, 16);
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
  for (let channel = 0; channel < channels; channel++) {
    for (let image = 0; image < images; image++) {
      const plane = from + <usize>channel * fromStep + <usize>image * fromImageStep;
      let line = to + <usize>channel * toStep + <usize>image * toImageStep;
      for (let y = 0; y < outHeight; y++) {
        const begin = max(0, y * strideHeight - top);
        const end = min(height, y * strideHeight - top + poolHeight);
        poolLines(at, plane + <usize>begin * fromLineStep, fromLineStep, end - begin);
        poolColumns(at, line, end - begin);
        line += toLineStep;
      }
    }
  }
}

function poolLines(at: usize, from: usize, step: usize, lines: i32): void {
  const width = load<i32>(at, 68);
  const isMax = load<i32>(at, 88);
  let to = load<usize>(at, 92);
  const end = to + ((<usize>width) << 2);
  for (; to < end; to += 16) {
    let x = v128.load(from);
    let line = from;
    for (let i = 1; i < lines; i++) {
      line += step;
      x = isMax ? f32x4.max(x, v128.load(line)) : f32x4.add(x, v128.load(line));
    }
    v128.store(to, x);
    from += 16;
  }
}

function poolColumns(at: usize, to: usize, lines: i32): void {
  const width = load<i32>(at, 68);
  const outWidth = load<i32>(at, 72);
  const poolWidth = load<i32>(at, 76);
  const strideWidth = load<i32>(at, 80);
  const left = load<i32>(at, 84);
  const isMax = load<i32>(at, 88);
  const scratch = load<usize>(at, 92);
  let x = 0;
  if (poolWidth === 2 && strideWidth === 2 && left === 0) {
    const scale = f32x4.splat(0.5 / <f32>lines);
    for (; x + 4 <= outWidth && 2 * x + 8 <= width; x += 4) {
      const at = scratch + ((<usize>x) << 3);
      const even = v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
      const odd = v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 1, 3, 5, 7);
      const pooled = isMax ? f32x4.max(even, odd) : f32x4.mul(f32x4.add(even, odd), scale);
      v128.store(to + ((<usize>x) << 2), pooled);
    }
  }
  for (; x < outWidth; x++) {
    const begin = max(0, x * strideWidth - left);
    const end = min(width, x * strideWidth - left + poolWidth);
    let pooled = load<f32>(scratch + ((<usize>begin) << 2));
    for (let i = begin + 1; i < end; i++) {
      const other = load<f32>(scratch + ((<usize>i) << 2));
      pooled = isMax ? max(pooled, other) : pooled + other;
    }
    if (!isMax) pooled /= <f32>(lines * (end - begin));
    store<f32>(to + ((<usize>x) << 2), pooled);
  }
}

/** The largest (`isMax`) or the mean of each plane. */
export function poolAll(at: usize): void {
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
  for (let channel = 0; channel < channels; channel++) {
    for (let image = 0; image < images; image++) {
      const plane = from + <usize>channel * fromStep + <usize>image * fromImageStep;
      const pooled = isMax ? maxOf(plane, lines, lineStep, width) : sumOf(plane, lines, lineStep, width);
      const scaled = isMax ? pooled : pooled / <f32>(lines * width);
      store<f32>(to + <usize>channel * toStep + <usize>image * toImageStep, scaled);
    }
  }
}

function sumOf(plane: usize, lines: i32, lineStep: usize, width: i32): f32 {
  let sums = f32x4.splat(0);
  let sum: f32 = 0;
  for (let line = 0; line < lines; line++) {
    let x = 0;
    for (; x + 4 <= width; x += 4) sums = f32x4.add(sums, v128.load(plane + ((<usize>x) << 2)));
    for (; x < width; x++) sum += load<f32>(plane + ((<usize>x) << 2));
    plane += lineStep;
  }
  return sum + sumOfLanes(sums);
}

function maxOf(plane: usize, lines: i32, lineStep: usize, width: i32): f32 {
  let most = load<f32>(plane);
  let mosts = f32x4.splat(most);
  for (let line = 0; line < lines; line++) {
    let x = 0;
    for (; x + 4 <= width; x += 4) mosts = f32x4.max(mosts, v128.load(plane + ((<usize>x) << 2)));
    for (; x < width; x++) most = max(most, load<f32>(plane + ((<usize>x) << 2)));
    plane += lineStep;
  }
  return max(most, maxOfLanes(mosts));
}
