import {addProduct, storeLanes, sumOfLanes} from './lanes';

/**
 * The channels of each position, less their mean, over their standard deviation (`isDeviation`), or over their length,
 * for four positions at a time. It may write up to 3 numbers behind each run of `count` positions. The channels of one
 * vector lie side by side.
 */
export function normalize(at: usize): void {
  const from = load<usize>(at, 8);
  const to = load<usize>(at, 12);
  const channels = load<i32>(at, 16);
  const fromStep = load<usize>(at, 20);
  const toStep = load<usize>(at, 24);
  const images = load<i32>(at, 28);
  const imageStep = load<usize>(at, 32);
  const bytes = (<usize>load<i32>(at, 36)) << 2;
  const isDeviation = load<i32>(at, 40);
  if (fromStep === 4 && toStep === 4) {
    normalizeVector(at, from, to, channels);
    return;
  }
  const fromEnd = <usize>channels * fromStep;
  for (let image = 0; image < images; image++) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const first = from + <usize>image * imageStep + i;
      const end = first + fromEnd;
      let mean = f32x4.splat(0);
      if (isDeviation) {
        for (let x = first; x < end; x += fromStep) mean = f32x4.add(mean, v128.load(x));
        mean = f32x4.div(mean, f32x4.splat(<f32>channels));
      }
      let squares = f32x4.splat(0);
      for (let x = first; x < end; x += fromStep) squares = addSquare(f32x4.sub(v128.load(x), mean), squares);
      const factor = factorOf(at, squares);
      let y = to + <usize>image * imageStep + i;
      for (let x = first; x < end; x += fromStep) {
        v128.store(y, f32x4.mul(f32x4.sub(v128.load(x), mean), factor));
        y += toStep;
      }
    }
  }
}

function normalizeVector(at: usize, from: usize, to: usize, channels: i32): void {
  let mean = f32x4.splat(0);
  if (load<i32>(at, 40)) {
    let sums = mean;
    for (let i = 0; i < channels; i += 4)
      sums = f32x4.add(sums, firsts(v128.load(from + ((<usize>i) << 2)), channels - i));
    mean = f32x4.splat(sumOfLanes(sums) / <f32>channels);
  }
  let squares = f32x4.splat(0);
  for (let i = 0; i < channels; i += 4) {
    const difference = f32x4.sub(v128.load(from + ((<usize>i) << 2)), mean);
    squares = addSquare(firsts(difference, channels - i), squares);
  }
  const factor = factorOf(at, f32x4.splat(sumOfLanes(squares)));
  for (let i = 0; i < channels; i += 4) {
    const difference = f32x4.sub(v128.load(from + ((<usize>i) << 2)), mean);
    storeLanes(to + ((<usize>i) << 2), f32x4.mul(difference, factor), channels - i);
  }
}

function addSquare(x: v128, sum: v128): v128 {
  return addProduct(x, x, sum);
}

/** What is multiplied with, by the sum of the squares. */
function factorOf(at: usize, squares: v128): v128 {
  const epsilon = v128.load32_splat(at, 44);
  const square = load<i32>(at, 40)
    ? f32x4.add(f32x4.div(squares, f32x4.splat(<f32>load<i32>(at, 16))), epsilon)
    : f32x4.max(squares, epsilon);
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(square));
}

/** The first `count` of four numbers, and zeros. */
function firsts(x: v128, count: i32): v128 {
  return v128.and(x, i32x4.gt_s(i32x4.splat(count), i32x4(0, 1, 2, 3)));
}

/**
 * `out[n, m] = sum over k of a[n, k] b[m, k]`, for each image; n goes along the positions of planes, k over the planes
 * of a, m over those of the result.
 */
export function dot(at: usize): void {
  const a = load<usize>(at, 8);
  const aImageStep = load<usize>(at, 12);
  const b = load<usize>(at, 20);
  const bImageStep = load<usize>(at, 24);
  const bRowStep = load<usize>(at, 28);
  const to = load<usize>(at, 36);
  const toImageStep = load<usize>(at, 40);
  const toStep = load<usize>(at, 44);
  const images = load<i32>(at, 48);
  const width = load<i32>(at, 52);
  const rows = load<i32>(at, 56);
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      const own = b + <usize>image * bImageStep + <usize>row * bRowStep;
      let x = a + <usize>image * aImageStep;
      let y = to + <usize>image * toImageStep + <usize>row * toStep;
      for (let left = width; left > 0; left -= 16) {
        if (left > 4) products(at, x, own, y, left);
        else storeLanes(y, product(at, x, own), left);
        x += 64;
        y += 64;
      }
    }
  }
}

function product(at: usize, x: usize, own: usize): v128 {
  const step = load<usize>(at, 16);
  const ownStep = load<usize>(at, 32);
  let sum = f32x4.splat(0);
  for (let k = load<i32>(at, 60); k > 0; k--) {
    sum = addProduct(v128.load32_splat(own), v128.load(x), sum);
    x += step;
    own += ownStep;
  }
  return sum;
}

function products(at: usize, x: usize, own: usize, y: usize, left: i32): void {
  const step = load<usize>(at, 16);
  const ownStep = load<usize>(at, 32);
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  for (let k = load<i32>(at, 60); k > 0; k--) {
    const weight = v128.load32_splat(own);
    sum0 = addProduct(weight, v128.load(x), sum0);
    sum1 = addProduct(weight, v128.load(x, 16), sum1);
    sum2 = addProduct(weight, v128.load(x, 32), sum2);
    sum3 = addProduct(weight, v128.load(x, 48), sum3);
    x += step;
    own += ownStep;
  }
  storeLanes(y, sum0, left);
  storeLanes(y + 16, sum1, left - 4);
  if (left > 8) storeLanes(y + 32, sum2, left - 8);
  if (left > 12) storeLanes(y + 48, sum3, left - 12);
}
