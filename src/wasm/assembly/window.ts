// The window that slides over the images of a convolution or pooling. The caller describes it right before it calls a
// kernel: thirteen numbers are too many to pass from function to function.

export let batch: i32 = 0;
export let inHeight: i32 = 0;
export let inWidth: i32 = 0;
export let inChannels: i32 = 0;
export let outHeight: i32 = 0;
export let outWidth: i32 = 0;
export let outChannels: i32 = 0;
export let filterHeight: i32 = 0;
export let filterWidth: i32 = 0;
export let strideHeight: i32 = 0;
export let strideWidth: i32 = 0;
export let top: i32 = 0;
export let left: i32 = 0;

/** Describes the window for the kernel that is called next. `padTop` and `padLeft` count the zeros before the image. */
export function describeWindow(
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  heightOut: i32,
  widthOut: i32,
  channelsOut: i32,
  windowHeight: i32,
  windowWidth: i32,
  stepDown: i32,
  stepRight: i32,
  padTop: i32,
  padLeft: i32,
): void {
  batch = images;
  inHeight = height;
  inWidth = width;
  inChannels = channels;
  outHeight = heightOut;
  outWidth = widthOut;
  outChannels = channelsOut;
  filterHeight = windowHeight;
  filterWidth = windowWidth;
  strideHeight = stepDown;
  strideWidth = stepRight;
  top = padTop;
  left = padLeft;
}

/** The index of the first position that is not before the image, of positions `start`, `start + step`, ... */
export function firstInside(start: i32, step: i32): i32 {
  return start >= 0 ? 0 : (step - 1 - start) / step;
}

/** How many of `count` positions `start`, `start + step`, ... come before the end of the image. */
export function endInside(start: i32, step: i32, count: i32, limit: i32): i32 {
  return start >= limit ? 0 : min(count, (limit - start + step - 1) / step);
}

/** The input line, counted over all images, under row `i` of the window at an output line; -1 outside the image. */
export function inputLine(outputLine: i32, i: i32): i32 {
  const y = (outputLine % outHeight) * strideHeight - top + i;
  return y < 0 || y >= inHeight ? -1 : (outputLine / outHeight) * inHeight + y;
}
