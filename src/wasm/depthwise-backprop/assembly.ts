import {addProduct} from '../../runtime/kernels/assembly/lanes';
import {addProducts, clear, FLOAT} from '../assembly/floats';
import * as window from '../assembly/window';

// Both gradients take the output line by line and, for each entry of the filter, the part of the line where that entry
// is inside the image. `outChannels` is C M; channel c with multiplier m is output c M + m.

/** `dW[i, j, c, m] = sum over n, y, x of X[n, y s + i - p, x s + j - p, c] dY[n, y, x, c M + m]`. */
export function depthwiseBackpropFilter(x: usize, dy: usize, dFilter: usize): void {
  const channels = window.inChannels;
  const outputs = window.outChannels;
  const multiplier = outputs / channels;
  const xStep = <usize>(window.strideWidth * channels) * FLOAT;
  const dyStep = <usize>outputs * FLOAT;
  clear(dFilter, window.filterHeight * window.filterWidth * outputs);
  for (let line = 0; line < window.batch * window.outHeight; line++) {
    for (let i = 0; i < window.filterHeight; i++) {
      const xLine = window.inputLine(line, i);
      if (xLine < 0) continue;
      for (let j = 0; j < window.filterWidth; j++) {
        const begin = firstColumn(j);
        const count = endColumn(j) - begin;
        if (count <= 0) continue;
        const fromX = x + <usize>((xLine * window.inWidth + inputColumn(begin, j)) * channels) * FLOAT;
        const fromDy = dy + <usize>((line * window.outWidth + begin) * outputs) * FLOAT;
        const to = dFilter + <usize>((i * window.filterWidth + j) * outputs) * FLOAT;
        if (multiplier === 1) addDots(to, fromX, fromDy, count, channels, xStep, dyStep);
        else addRepeatedDots(to, fromX, fromDy, count, outputs, multiplier, xStep, dyStep);
      }
    }
  }
}

/** `dX[n, y s + i - p, x s + j - p, c] = sum over those i, j, y, x and m of dY[n, y, x, c M + m] W[i, j, c, m]`. */
export function depthwiseBackpropInput(dy: usize, filter: usize, dx: usize): void {
  const channels = window.inChannels;
  const outputs = window.outChannels;
  const multiplier = outputs / channels;
  const dxStep = <usize>(window.strideWidth * channels) * FLOAT;
  const dyStep = <usize>outputs * FLOAT;
  clear(dx, window.batch * window.inHeight * window.inWidth * channels);
  for (let line = 0; line < window.batch * window.outHeight; line++) {
    for (let i = 0; i < window.filterHeight; i++) {
      const xLine = window.inputLine(line, i);
      if (xLine < 0) continue;
      for (let j = 0; j < window.filterWidth; j++) {
        const begin = firstColumn(j);
        const end = endColumn(j);
        let to = dx + <usize>((xLine * window.inWidth + inputColumn(begin, j)) * channels) * FLOAT;
        let from = dy + <usize>((line * window.outWidth + begin) * outputs) * FLOAT;
        const weights = filter + <usize>((i * window.filterWidth + j) * outputs) * FLOAT;
        for (let column = begin; column < end; column++) {
          if (multiplier === 1) addProducts(to, from, weights, channels);
          else addSummedProduct(to, from, weights, channels, multiplier);
          to += dxStep;
          from += dyStep;
        }
      }
    }
  }
}

function inputColumn(column: i32, j: i32): i32 {
  return column * window.strideWidth - window.left + j;
}

/** The first output whose window has entry `j` inside the image. */
function firstColumn(j: i32): i32 {
  return window.firstInside(inputColumn(0, j), window.strideWidth);
}

function endColumn(j: i32): i32 {
  return window.endInside(inputColumn(0, j), window.strideWidth, window.outWidth, window.inWidth);
}

/** `to[c] += sum over the pixels of x[c] dy[c]`. */
function addDots(to: usize, x: usize, dy: usize, pixels: i32, channels: i32, xStep: usize, dyStep: usize): void {
  let channel = 0;
  for (; channel + 8 <= channels; channel += 8) {
    let sum0 = f32x4.splat(0);
    let sum1 = sum0;
    let fromX = x;
    let fromDy = dy;
    for (let pixel = 0; pixel < pixels; pixel++) {
      sum0 = addProduct(v128.load(fromX), v128.load(fromDy), sum0);
      sum1 = addProduct(v128.load(fromX, 16), v128.load(fromDy, 16), sum1);
      fromX += xStep;
      fromDy += dyStep;
    }
    v128.store(to, f32x4.add(v128.load(to), sum0));
    v128.store(to, f32x4.add(v128.load(to, 16), sum1), 16);
    x += 32;
    dy += 32;
    to += 32;
  }
  if (channel < channels) addRepeatedDots(to, x, dy, pixels, channels - channel, 1, xStep, dyStep);
}

/** As `addDots`, with `multiplier` channels of dy for each channel of x. */
function addRepeatedDots(
  to: usize,
  x: usize,
  dy: usize,
  pixels: i32,
  outputs: i32,
  multiplier: i32,
  xStep: usize,
  dyStep: usize,
): void {
  for (let output = 0; output < outputs; output++) {
    let sum: f32 = 0;
    let fromX = x + <usize>(output / multiplier) * FLOAT;
    let fromDy = dy + <usize>output * FLOAT;
    for (let pixel = 0; pixel < pixels; pixel++) {
      sum += load<f32>(fromX) * load<f32>(fromDy);
      fromX += xStep;
      fromDy += dyStep;
    }
    store<f32>(to, load<f32>(to) + sum);
    to += FLOAT;
  }
}

/** `to[c] += sum over m of dy[c M + m] w[c M + m]`. */
function addSummedProduct(to: usize, dy: usize, weights: usize, channels: i32, multiplier: i32): void {
  for (let channel = 0; channel < channels; channel++) {
    let sum: f32 = 0;
    for (let m = 0; m < multiplier; m++) {
      sum += load<f32>(dy) * load<f32>(weights);
      dy += FLOAT;
      weights += FLOAT;
    }
    store<f32>(to, load<f32>(to) + sum);
    to += FLOAT;
  }
}
