import {addProduct, clamp} from './lanes';

/**
 * A depthwise 3 x 3 convolution of stride 2, line by line. Weights are, for each channel, those of the entries and the
 * bias. Left, middle and right columns have a sum each, so that a product need not wait for the one before it.
 */
export function halve(at: usize): void {
  let weights = load<usize>(at, 8);
  const channels = load<i32>(at, 12);
  let from = load<usize>(at, 16);
  const fromStep = load<usize>(at, 20);
  const line = load<usize>(at, 24);
  let to = load<usize>(at, 28);
  const toStep = load<usize>(at, 32);
  const images = load<i32>(at, 36);
  const fromImageStep = load<usize>(at, 40);
  const toImageStep = load<usize>(at, 44);
  const bytes = (<usize>load<i32>(at, 48)) << 2;
  const lines = load<i32>(at, 52);
  const toLine = load<usize>(at, 56);
  const low = v128.load32_splat(at, 60);
  const high = v128.load32_splat(at, 64);
  for (let channel = 0; channel < channels; channel++) {
    const w0 = v128.load32_splat(weights);
    const w1 = v128.load32_splat(weights, 4);
    const w2 = v128.load32_splat(weights, 8);
    const w3 = v128.load32_splat(weights, 12);
    const w4 = v128.load32_splat(weights, 16);
    const w5 = v128.load32_splat(weights, 20);
    const w6 = v128.load32_splat(weights, 24);
    const w7 = v128.load32_splat(weights, 28);
    const w8 = v128.load32_splat(weights, 32);
    const bias = v128.load32_splat(weights, 36);
    for (let image = 0; image < images; image++) {
      for (let i = 0; i < lines; i++) {
        let x = from + <usize>image * fromImageStep + <usize>(2 * i) * line;
        let y = to + <usize>image * toImageStep + <usize>i * toLine;
        const end = y + bytes;
        for (; y < end; y += 16) {
          const x1 = x + line;
          const x2 = x1 + line;
          let left = f32x4.mul(w0, even(x));
          let middle = addProduct(w1, odd(x), bias);
          let right = f32x4.mul(w2, even(x + 8));
          left = addProduct(w3, even(x1), left);
          middle = addProduct(w4, odd(x1), middle);
          right = addProduct(w5, even(x1 + 8), right);
          left = addProduct(w6, even(x2), left);
          middle = addProduct(w7, odd(x2), middle);
          right = addProduct(w8, even(x2 + 8), right);
          v128.store(y, clamp(f32x4.add(middle, f32x4.add(left, right)), low, high));
          x += 32;
        }
      }
    }
    weights += 40;
    from += fromStep;
    to += toStep;
  }
}

function even(from: usize): v128 {
  return v128.shuffle<f32>(v128.load(from), v128.load(from, 16), 0, 2, 4, 6);
}

function odd(from: usize): v128 {
  return v128.shuffle<f32>(v128.load(from), v128.load(from, 16), 1, 3, 5, 7);
}

/**
 * The same of 5 x 5, eight positions at a time: of each line, its even and its odd places are the entries 0 and 1, and
 * moved on by one or two, the others.
 */
export function halveFive(at: usize): void {
  let weights = load<usize>(at, 8);
  const channels = load<i32>(at, 12);
  let from = load<usize>(at, 16);
  const fromStep = load<usize>(at, 20);
  const line = load<usize>(at, 24);
  let to = load<usize>(at, 28);
  const toStep = load<usize>(at, 32);
  const images = load<i32>(at, 36);
  const fromImageStep = load<usize>(at, 40);
  const toImageStep = load<usize>(at, 44);
  const bytes = (<usize>load<i32>(at, 48)) << 2;
  const lines = load<i32>(at, 52);
  const toLine = load<usize>(at, 56);
  const low = v128.load32_splat(at, 60);
  const high = v128.load32_splat(at, 64);
  for (let channel = 0; channel < channels; channel++) {
    const bias = v128.load32_splat(weights, 100);
    for (let image = 0; image < images; image++) {
      for (let i = 0; i < lines; i++) {
        let x = from + <usize>image * fromImageStep + <usize>(2 * i) * line;
        let y = to + <usize>image * toImageStep + <usize>i * toLine;
        const end = y + bytes;
        for (; y + 16 < end; y += 32) {
          let left = bias;
          let right = bias;
          let other = f32x4.splat(0);
          let another = other;
          let third = other;
          let fourth = other;
          let row = x;
          const entriesEnd = weights + 100;
          for (let entry = weights; entry < entriesEnd; entry += 20) {
            const middle = v128.load(row, 32);
            const beside = v128.load(row, 48);
            const last = v128.load(row, 64);
            const even0 = even(row);
            const odd0 = odd(row);
            const even1 = v128.shuffle<f32>(middle, beside, 0, 2, 4, 6);
            const odd1 = v128.shuffle<f32>(middle, beside, 1, 3, 5, 7);
            const even2 = v128.shuffle<f32>(last, last, 0, 2, 4, 6);
            const odd2 = v128.shuffle<f32>(last, last, 1, 3, 5, 7);
            const w0 = v128.load32_splat(entry);
            left = addProduct(w0, even0, left);
            right = addProduct(w0, even1, right);
            const w1 = v128.load32_splat(entry, 4);
            other = addProduct(w1, odd0, other);
            another = addProduct(w1, odd1, another);
            const w2 = v128.load32_splat(entry, 8);
            third = addProduct(w2, v128.shuffle<f32>(even0, even1, 1, 2, 3, 4), third);
            fourth = addProduct(w2, v128.shuffle<f32>(even1, even2, 1, 2, 3, 4), fourth);
            const w3 = v128.load32_splat(entry, 12);
            other = addProduct(w3, v128.shuffle<f32>(odd0, odd1, 1, 2, 3, 4), other);
            another = addProduct(w3, v128.shuffle<f32>(odd1, odd2, 1, 2, 3, 4), another);
            const w4 = v128.load32_splat(entry, 16);
            left = addProduct(w4, v128.shuffle<f32>(even0, even1, 2, 3, 4, 5), left);
            right = addProduct(w4, v128.shuffle<f32>(even1, even2, 2, 3, 4, 5), right);
            row += line;
          }
          v128.store(y, clamp(f32x4.add(third, f32x4.add(left, other)), low, high));
          v128.store(y, clamp(f32x4.add(fourth, f32x4.add(right, another)), low, high), 16);
          x += 64;
        }
        if (y < end) v128.store(y, clamp(fiveByFive(x, line, weights, bias), low, high));
      }
    }
    weights += 104;
    from += fromStep;
    to += toStep;
  }
}

/** Four positions of the same. */
function fiveByFive(row: usize, line: usize, weights: usize, bias: v128): v128 {
  let left = bias;
  let middle = f32x4.splat(0);
  let right = middle;
  const end = weights + 100;
  for (; weights < end; weights += 20) {
    left = addProduct(v128.load32_splat(weights), even(row), left);
    middle = addProduct(v128.load32_splat(weights, 4), odd(row), middle);
    right = addProduct(v128.load32_splat(weights, 8), even(row + 8), right);
    middle = addProduct(v128.load32_splat(weights, 12), odd(row + 8), middle);
    left = addProduct(v128.load32_splat(weights, 16), even(row + 16), left);
    row += line;
  }
  return f32x4.add(right, f32x4.add(left, middle));
}
