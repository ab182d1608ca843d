import {clear, FLOAT} from '../assembly/floats';

// Channels are the last axis of x[r, c]; r counts all others. Each vector has one number per channel.

/** `out[r, c] = (x[r, c] - mean[c]) factor[c] + offset[c]`. */
export function fusedBatchNorm(
  x: usize,
  out: usize,
  rows: i32,
  channels: i32,
  mean: usize,
  factor: usize,
  offset: usize,
): void {
  for (let row = 0; row < rows; row++) {
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const at = <usize>c * FLOAT;
      const deviation = f32x4.sub(v128.load(x), v128.load(mean + at));
      v128.store(out, f32x4.add(f32x4.mul(deviation, v128.load(factor + at)), v128.load(offset + at)));
      x += 16;
      out += 16;
    }
    for (; c < channels; c++) {
      const at = <usize>c * FLOAT;
      const deviation = load<f32>(x) - load<f32>(mean + at);
      store<f32>(out, deviation * load<f32>(factor + at) + load<f32>(offset + at));
      x += FLOAT;
      out += FLOAT;
    }
  }
}

/** How many rows are added in single precision before their sum goes into the total. */
const CHUNK: i32 = 256;

/**
 * Computes, in one pass, `dx[r, c] = dy[r, c] factor[c]` and two sums over r of which all other gradients of batch
 * normalization are multiples: `sum[c]` of dy[r, c] and `dot[c]` of dy[r, c] (x[r, c] - mean[c]).
 */
export function fusedBatchNormGrad(
  x: usize,
  dy: usize,
  dx: usize,
  rows: i32,
  channels: i32,
  factor: usize,
  mean: usize,
  sum: usize,
  dot: usize,
): void {
  const rowBytes = <usize>channels * FLOAT;
  clear(sum, channels);
  clear(dot, channels);
  for (let row = 0; row < rows; row += CHUNK) {
    const count = min(rows - row, CHUNK);
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const at = <usize>c * FLOAT;
      fourChannels(x + at, dy + at, dx + at, count, rowBytes, factor + at, mean + at, sum + at, dot + at);
    }
    for (; c < channels; c++) {
      const at = <usize>c * FLOAT;
      oneChannel(x + at, dy + at, dx + at, count, rowBytes, factor + at, mean + at, sum + at, dot + at);
    }
    x += <usize>count * rowBytes;
    dy += <usize>count * rowBytes;
    dx += <usize>count * rowBytes;
  }
}

function fourChannels(
  x: usize,
  dy: usize,
  dx: usize,
  rows: i32,
  rowBytes: usize,
  factor: usize,
  mean: usize,
  sum: usize,
  dot: usize,
): void {
  const factors = v128.load(factor);
  const means = v128.load(mean);
  let sums = f32x4.splat(0);
  let dots = sums;
  for (let row = 0; row < rows; row++) {
    const gradient = v128.load(dy);
    sums = f32x4.add(sums, gradient);
    dots = f32x4.add(dots, f32x4.mul(gradient, f32x4.sub(v128.load(x), means)));
    v128.store(dx, f32x4.mul(gradient, factors));
    x += rowBytes;
    dy += rowBytes;
    dx += rowBytes;
  }
  v128.store(sum, f32x4.add(v128.load(sum), sums));
  v128.store(dot, f32x4.add(v128.load(dot), dots));
}

function oneChannel(
  x: usize,
  dy: usize,
  dx: usize,
  rows: i32,
  rowBytes: usize,
  factor: usize,
  mean: usize,
  sum: usize,
  dot: usize,
): void {
  const itsFactor = load<f32>(factor);
  const itsMean = load<f32>(mean);
  let itsSum: f32 = 0;
  let itsDot: f32 = 0;
  for (let row = 0; row < rows; row++) {
    const gradient = load<f32>(dy);
    itsSum += gradient;
    itsDot += gradient * (load<f32>(x) - itsMean);
    store<f32>(dx, gradient * itsFactor);
    x += rowBytes;
    dy += rowBytes;
    dx += rowBytes;
  }
  store<f32>(sum, load<f32>(sum) + itsSum);
  store<f32>(dot, load<f32>(dot) + itsDot);
}
