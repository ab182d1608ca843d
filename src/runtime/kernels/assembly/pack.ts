/** The loops of emit/packer.ts. Arrays are addresses of 32-bit numbers. */

/** Four weights. Whole numbers, of 16 bits, are each times the scale of its output. */
// @inline
function four<T>(weights: usize, scales: usize): v128 {
  if (sizeof<T>() == 4) return v128.load(weights);
  return f32x4.mul(f32x4.convert_i32x4_s(v128.load_ext<i16>(weights)), v128.load(scales));
}

// @inline
function one<T>(weight: usize, scale: usize): f32 {
  return sizeof<T>() == 4 ? load<f32>(weight) : <f32>load<i16>(weight) * load<f32>(scale);
}

/** Adds to the count of each output its weights that are not zero. */
// @inline
function counted<T>(weights: usize, end: usize, outputs: i32, scales: usize, counts: usize): void {
  const line = (<usize>outputs) * sizeof<T>();
  const whole = <usize>(outputs & ~3);
  for (; weights < end; weights += line) {
    let i: usize = 0;
    for (; i < whole; i += 4) {
      const isKept = f32x4.ne(four<T>(weights + i * sizeof<T>(), scales + (i << 2)), f32x4.splat(0));
      v128.store(counts + (i << 2), i32x4.sub(v128.load(counts + (i << 2)), isKept));
    }
    for (; i < <usize>outputs; i++) {
      if (one<T>(weights + i * sizeof<T>(), scales + (i << 2)) == 0) continue;
      store<i32>(counts + (i << 2), load<i32>(counts + (i << 2)) + 1);
    }
  }
}

export function count(weights: usize, end: usize, outputs: i32, counts: usize): void {
  counted<f32>(weights, end, outputs, 0, counts);
}

export function countLevels(levels: usize, end: usize, outputs: i32, scales: usize, counts: usize): void {
  counted<i16>(levels, end, outputs, scales, counts);
}

/** Writes the rows and the values of what is not zero, each at the place that is next for its output. */
// @inline
function collected<T>(
  weights: usize,
  end: usize,
  outputs: i32,
  scales: usize,
  row: i32,
  perTap: i32,
  multiplier: i32,
  next: usize,
  rows: usize,
  values: usize,
): void {
  for (; weights < end; weights += (<usize>outputs) * sizeof<T>(), row += perTap) {
    for (let first = 0; first < outputs; first += 4) {
      const quad = weights + (<usize>first) * sizeof<T>();
      const scale = scales + ((<usize>first) << 2);
      let kept = i32x4.bitmask(f32x4.ne(four<T>(quad, scale), f32x4.splat(0)));
      if (first + 4 > outputs) kept &= (1 << (outputs - first)) - 1;
      for (; kept != 0; kept &= kept - 1) {
        const lane = ctz(kept);
        const at = next + ((<usize>(first + lane)) << 2);
        const entry = load<usize>(at) << 2;
        store<usize>(at, (entry >> 2) + 1);
        store<i32>(rows + entry, row + (first + lane) / multiplier);
        store<f32>(values + entry, one<T>(quad + (<usize>lane) * sizeof<T>(), scale + ((<usize>lane) << 2)));
      }
    }
  }
}

export function collect(
  weights: usize,
  end: usize,
  outputs: i32,
  row: i32,
  perTap: i32,
  multiplier: i32,
  next: usize,
  rows: usize,
  values: usize,
): void {
  collected<f32>(weights, end, outputs, 0, row, perTap, multiplier, next, rows, values);
}

export function collectLevels(
  levels: usize,
  end: usize,
  outputs: i32,
  scales: usize,
  row: i32,
  perTap: i32,
  multiplier: i32,
  next: usize,
  rows: usize,
  values: usize,
): void {
  collected<i16>(levels, end, outputs, scales, row, perTap, multiplier, next, rows, values);
}

/** How many rows groups of outputs have. `seen` holds zeros for each row. */
export function shared(outputs: i32, size: i32, starts: usize, rows: usize, seen: usize): i32 {
  let found = 0;
  for (let first = 0; first < outputs; first += size) {
    const end = load<i32>(starts + ((<usize>min(outputs, first + size)) << 2));
    for (let entry = load<i32>(starts + ((<usize>first) << 2)); entry < end; entry++) {
      const at = seen + ((<usize>load<i32>(rows + ((<usize>entry) << 2))) << 2);
      if (load<i32>(at) == first + 1) continue;
      store<i32>(at, first + 1);
      found++;
    }
  }
  return found;
}

/** Writes the stream of groups of outputs. `next` has room for a place of each output of a group. */
export function group(
  outputs: i32,
  size: i32,
  starts: usize,
  rows: usize,
  values: usize,
  addresses: usize,
  bias: usize,
  next: usize,
  to: usize,
): void {
  for (let first = 0; first < outputs; first += size) {
    const here = min(size, outputs - first);
    const ends = starts + ((<usize>first + 1) << 2);
    const head = to;
    to += 4;
    for (let i = 0; i < size; i++, to += 4) {
      store<f32>(to, i < here ? load<f32>(bias + ((<usize>(first + i)) << 2)) : 0);
      if (i < here) store<i32>(next + ((<usize>i) << 2), load<i32>(starts + ((<usize>(first + i)) << 2)));
    }
    let entries = 0;
    for (; ; entries++) {
      let row = i32.MAX_VALUE;
      for (let i = 0; i < here; i++) {
        const entry = load<i32>(next + ((<usize>i) << 2));
        if (entry < load<i32>(ends + ((<usize>i) << 2))) row = min(row, load<i32>(rows + ((<usize>entry) << 2)));
      }
      if (row == i32.MAX_VALUE) break;
      store<i32>(to, load<i32>(addresses + ((<usize>row) << 2)));
      to += 4;
      for (let i = 0; i < size; i++, to += 4) {
        const at = next + ((<usize>i) << 2);
        let weight: f32 = 0;
        if (i < here) {
          const entry = load<i32>(at);
          if (entry < load<i32>(ends + ((<usize>i) << 2)) && load<i32>(rows + ((<usize>entry) << 2)) == row) {
            weight = load<f32>(values + ((<usize>entry) << 2));
            store<i32>(at, entry + 1);
          }
        }
        store<f32>(to, weight);
      }
    }
    store<i32>(head, entries);
  }
}

/** Writes one of the four outputs of a group of SELL-4, from its first pair on. */
export function lane(
  entry: usize,
  end: usize,
  rows: usize,
  values: usize,
  addresses: usize,
  base: i32,
  pair: usize,
  lane: usize,
): void {
  let half: usize = 0;
  for (; entry < end; entry++) {
    const row = load<usize>(rows + (entry << 2));
    store<f32>(pair + (half << 4) + (lane << 2), load<f32>(values + (entry << 2)));
    store<u16>(pair + 32 + (half << 3) + (lane << 1), <u16>(load<i32>(addresses + (row << 2)) - base));
    if (half) pair += 48;
    half ^= 1;
  }
}
