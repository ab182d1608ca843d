import {addProduct, clamp} from './lanes';

/**
 * A sparse matrix times one vector, in SELL-4: groups of four outputs of about as many entries each. The stream holds,
 * for each group, the number of pairs of entries, at byte 16 where its outputs go and at byte 32 their biases, then for
 * each pair 4 + 4 weights and 4 + 4 places of inputs (16 bits, in bytes from the first).
 */
export function sell(at: usize): void {
  let entry = load<usize>(at, 8);
  const groups = load<i32>(at, 12);
  const from = load<usize>(at, 16);
  const low = v128.load32_splat(at, 20);
  const high = v128.load32_splat(at, 24);
  for (let group = 0; group < groups; group++) {
    const head = entry;
    let even = v128.load(head, 32);
    let odd = f32x4.splat(0);
    entry += 48;
    const stop = entry + <usize>load<i32>(head) * 48;
    for (; entry < stop; entry += 48) {
      even = addProduct(v128.load(entry), gathered(from, entry + 32), even);
      odd = addProduct(v128.load(entry, 16), gathered(from, entry + 40), odd);
    }
    const sum = clamp(f32x4.add(even, odd), low, high);
    v128.store32_lane(load<usize>(head, 16), sum, 0);
    v128.store32_lane(load<usize>(head, 20), sum, 1);
    v128.store32_lane(load<usize>(head, 24), sum, 2);
    v128.store32_lane(load<usize>(head, 28), sum, 3);
  }
}

function gathered(from: usize, places: usize): v128 {
  let x = v128.load32_zero(from + <usize>load<u16>(places));
  x = v128.load32_lane(from + <usize>load<u16>(places, 2), x, 1);
  x = v128.load32_lane(from + <usize>load<u16>(places, 4), x, 2);
  return v128.load32_lane(from + <usize>load<u16>(places, 6), x, 3);
}

/** A dense matrix times one vector, 16 outputs at a time. The stream holds their biases, then their weights by input. */
export function gemv(at: usize): void {
  let weights = load<usize>(at, 8);
  const blocks = load<i32>(at, 12);
  const inputs = load<i32>(at, 16);
  const from = load<usize>(at, 20);
  let to = load<usize>(at, 24);
  const low = v128.load32_splat(at, 28);
  const high = v128.load32_splat(at, 32);
  const pairsEnd = from + ((<usize>(inputs & ~1)) << 2);
  for (let block = 0; block < blocks; block++) {
    let even0 = v128.load(weights);
    let even1 = v128.load(weights, 16);
    let even2 = v128.load(weights, 32);
    let even3 = v128.load(weights, 48);
    let odd0 = f32x4.splat(0);
    let odd1 = odd0;
    let odd2 = odd0;
    let odd3 = odd0;
    weights += 64;
    let x = from;
    for (; x < pairsEnd; x += 8) {
      const x0 = v128.load32_splat(x);
      const x1 = v128.load32_splat(x, 4);
      even0 = addProduct(x0, v128.load(weights), even0);
      even1 = addProduct(x0, v128.load(weights, 16), even1);
      even2 = addProduct(x0, v128.load(weights, 32), even2);
      even3 = addProduct(x0, v128.load(weights, 48), even3);
      odd0 = addProduct(x1, v128.load(weights, 64), odd0);
      odd1 = addProduct(x1, v128.load(weights, 80), odd1);
      odd2 = addProduct(x1, v128.load(weights, 96), odd2);
      odd3 = addProduct(x1, v128.load(weights, 112), odd3);
      weights += 128;
    }
    if (inputs & 1) {
      const x0 = v128.load32_splat(x);
      even0 = addProduct(x0, v128.load(weights), even0);
      even1 = addProduct(x0, v128.load(weights, 16), even1);
      even2 = addProduct(x0, v128.load(weights, 32), even2);
      even3 = addProduct(x0, v128.load(weights, 48), even3);
      weights += 64;
    }
    v128.store(to, clamp(f32x4.add(even0, odd0), low, high));
    v128.store(to, clamp(f32x4.add(even1, odd1), low, high), 16);
    v128.store(to, clamp(f32x4.add(even2, odd2), low, high), 32);
    v128.store(to, clamp(f32x4.add(even3, odd3), low, high), 48);
    to += 64;
  }
}

/**
 * A matrix that is sparse in blocks of 8 outputs times one vector. The stream holds, for each block, where its outputs
 * go, the number of its entries and 8 biases, then for each entry the address of its input and 8 weights.
 */
export function blocks(at: usize): void {
  let entry = load<usize>(at, 8);
  const count = load<i32>(at, 12);
  let to = load<usize>(at, 16);
  const low = v128.load32_splat(at, 20);
  const high = v128.load32_splat(at, 24);
  for (let block = 0; block < count; block++) {
    let even0 = v128.load(entry, 4);
    let even1 = v128.load(entry, 20);
    let odd0 = f32x4.splat(0);
    let odd1 = odd0;
    const entries = load<i32>(entry);
    entry += 36;
    const pairsEnd = entry + <usize>(entries & ~1) * 36;
    for (; entry < pairsEnd; entry += 72) {
      const x0 = v128.load32_splat(load<usize>(entry));
      const x1 = v128.load32_splat(load<usize>(entry, 36));
      even0 = addProduct(x0, v128.load(entry, 4), even0);
      even1 = addProduct(x0, v128.load(entry, 20), even1);
      odd0 = addProduct(x1, v128.load(entry, 40), odd0);
      odd1 = addProduct(x1, v128.load(entry, 56), odd1);
    }
    if (entries & 1) {
      const x0 = v128.load32_splat(load<usize>(entry));
      even0 = addProduct(x0, v128.load(entry, 4), even0);
      even1 = addProduct(x0, v128.load(entry, 20), even1);
      entry += 36;
    }
    v128.store(to, clamp(f32x4.add(even0, odd0), low, high));
    v128.store(to, clamp(f32x4.add(even1, odd1), low, high), 16);
    to += 32;
  }
}
