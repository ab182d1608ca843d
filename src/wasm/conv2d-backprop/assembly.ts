import {BLOCK_INNER, BLOCK_ROWS, packedLeftBytes, packedRightBytes} from '../assembly/blocks';
import {add, clear, copy, FLOAT} from '../assembly/floats';
import {multiplyPacked, TILE_BYTES} from '../assembly/multiply-packed';
import {packLeft, packRight} from '../assembly/pack';
import * as window from '../assembly/window';

// Both gradients are products with the matrix U of unrolled windows. It has a row for each output pixel, which holds
// the numbers of its window in the order of the filter: dW = U^T dY, and dX is dU = dY W^T, added up where the windows
// were. Only a block of U exists at a time.

/** Bytes of scratch memory for the gradient of the filter. */
export function conv2dBackpropFilterScratch(): usize {
  const size = windowSize();
  return (
    TILE_BYTES +
    packedLeftBytes(min(size, BLOCK_ROWS), BLOCK_INNER) +
    packedRightBytes(BLOCK_INNER, window.outChannels) +
    <usize>(BLOCK_INNER * size) * FLOAT
  );
}

/** `dW[i, j, c, o] = sum over n, y, x of X[n, y s + i - p, x s + j - p, c] dY[n, y, x, o]`. */
export function conv2dBackpropFilter(x: usize, dy: usize, dFilter: usize, scratch: usize): void {
  const size = windowSize();
  const channels = window.outChannels;
  const pixels = window.batch * window.outHeight * window.outWidth;
  const packedLeft = scratch + TILE_BYTES;
  const packedRight = packedLeft + packedLeftBytes(min(size, BLOCK_ROWS), BLOCK_INNER);
  const unrolled = packedRight + packedRightBytes(BLOCK_INNER, channels);
  const unrolledRow = <usize>size * FLOAT;
  const dyRow = <usize>channels * FLOAT;
  for (let pixel = 0; pixel < pixels; pixel += BLOCK_INNER) {
    const depth = min(pixels - pixel, BLOCK_INNER);
    unroll(unrolled, x, pixel, depth);
    packRight(packedRight, dy + <usize>pixel * dyRow, depth, channels, dyRow, FLOAT);
    for (let row = 0; row < size; row += BLOCK_ROWS) {
      const height = min(size - row, BLOCK_ROWS);
      packLeft(packedLeft, unrolled + <usize>row * FLOAT, height, depth, FLOAT, unrolledRow);
      const to = dFilter + <usize>row * dyRow;
      multiplyPacked(height, depth, channels, packedLeft, packedRight, to, dyRow, pixel > 0, scratch);
    }
  }
}

/** Bytes of scratch memory for the gradient of the input. */
export function conv2dBackpropInputScratch(): usize {
  const size = windowSize();
  const channels = window.outChannels;
  return (
    TILE_BYTES +
    packedLeftBytes(BLOCK_ROWS, min(channels, BLOCK_INNER)) +
    packedFilterBytes(channels, size) +
    <usize>(BLOCK_ROWS * size) * FLOAT
  );
}

/** `dX[n, y s + i - p, x s + j - p, c] = sum over those i, j, y, x and o of dY[n, y, x, o] W[i, j, c, o]`. */
export function conv2dBackpropInput(dy: usize, filter: usize, dx: usize, scratch: usize): void {
  const size = windowSize();
  const channels = window.outChannels;
  const pixels = window.batch * window.outHeight * window.outWidth;
  const packedLeft = scratch + TILE_BYTES;
  const packedFilter = packedLeft + packedLeftBytes(BLOCK_ROWS, min(channels, BLOCK_INNER));
  const unrolled = packedFilter + packedFilterBytes(channels, size);
  const dyRow = <usize>channels * FLOAT;
  const fullBlock = packedRightBytes(BLOCK_INNER, size);
  packFilter(packedFilter, filter, channels, size);
  clear(dx, window.batch * window.inHeight * window.inWidth * window.inChannels);
  for (let pixel = 0; pixel < pixels; pixel += BLOCK_ROWS) {
    const height = min(pixels - pixel, BLOCK_ROWS);
    let packedBlock = packedFilter;
    for (let channel = 0; channel < channels; channel += BLOCK_INNER) {
      const depth = min(channels - channel, BLOCK_INNER);
      packLeft(packedLeft, dy + <usize>pixel * dyRow + <usize>channel * FLOAT, height, depth, dyRow, FLOAT);
      multiplyPacked(height, depth, size, packedLeft, packedBlock, unrolled, <usize>size * FLOAT, channel > 0, scratch);
      packedBlock += fullBlock;
    }
    putBack(dx, unrolled, pixel, height);
  }
}

function windowSize(): i32 {
  return window.filterHeight * window.filterWidth * window.inChannels;
}

function packedFilterBytes(channels: i32, size: i32): usize {
  const full = channels / BLOCK_INNER;
  return <usize>full * packedRightBytes(BLOCK_INNER, size) + packedRightBytes(channels % BLOCK_INNER, size);
}

function packFilter(to: usize, filter: usize, channels: i32, size: i32): void {
  for (let channel = 0; channel < channels; channel += BLOCK_INNER) {
    const depth = min(channels - channel, BLOCK_INNER);
    packRight(to, filter + <usize>channel * FLOAT, depth, size, FLOAT, <usize>channels * FLOAT);
    to += packedRightBytes(depth, size);
  }
}

/** Writes the windows of `count` output pixels from `first` on, row by row, with zeros outside the image. */
function unroll(to: usize, x: usize, first: i32, count: i32): void {
  const channels = window.inChannels;
  const pixelBytes = <usize>channels * FLOAT;
  const width = window.filterWidth;
  const end = first + count;
  for (let pixel = first; pixel < end; pixel++) {
    const line = pixel / window.outWidth;
    const startX = (pixel % window.outWidth) * window.strideWidth - window.left;
    const startY = (line % window.outHeight) * window.strideHeight - window.top;
    const image = (line / window.outHeight) * window.inHeight;
    const begin = firstColumn(startX);
    const stop = endColumn(startX);
    for (let y = startY; y < startY + window.filterHeight; y++) {
      if (y < 0 || y >= window.inHeight || stop <= begin) {
        zeros(to, width * channels);
      } else {
        const from = x + <usize>((image + y) * window.inWidth + startX + begin) * pixelBytes;
        zeros(to, begin * channels);
        copy(to + <usize>begin * pixelBytes, from, (stop - begin) * channels);
        zeros(to + <usize>stop * pixelBytes, (width - stop) * channels);
      }
      to += <usize>width * pixelBytes;
    }
  }
}

/** Adds the rows of `count` output pixels from `first` on to the pixels that their windows cover. */
function putBack(dx: usize, unrolled: usize, first: i32, count: i32): void {
  const channels = window.inChannels;
  const pixelBytes = <usize>channels * FLOAT;
  const end = first + count;
  for (let pixel = first; pixel < end; pixel++) {
    const line = pixel / window.outWidth;
    const startX = (pixel % window.outWidth) * window.strideWidth - window.left;
    const startY = (line % window.outHeight) * window.strideHeight - window.top;
    const image = (line / window.outHeight) * window.inHeight;
    const begin = firstColumn(startX);
    const stop = endColumn(startX);
    for (let y = startY; y < startY + window.filterHeight; y++) {
      if (y >= 0 && y < window.inHeight && stop > begin) {
        const to = dx + <usize>((image + y) * window.inWidth + startX + begin) * pixelBytes;
        add(to, unrolled + <usize>begin * pixelBytes, (stop - begin) * channels);
      }
      unrolled += <usize>window.filterWidth * pixelBytes;
    }
  }
}

function firstColumn(startX: i32): i32 {
  return max(-startX, 0);
}

function endColumn(startX: i32): i32 {
  return min(window.filterWidth, window.inWidth - startX);
}

function zeros(to: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    store<f32>(to, 0);
    to += FLOAT;
  }
}
