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
