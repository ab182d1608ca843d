import {addDot} from './dots';
import {bytesOf, clamp, narrowed, scaled, whole} from './lanes';

/**
 * A dense matrix times one vector, 16 outputs at a time. The stream holds what their sums begin with, their factors and
 * shifts, then for each four inputs four weights of each output. Outputs are bytes or, with `isFloat`, floats.
 */
export function denseVector(at: usize): void {
  let entry = load<usize>(at, 8);
  const blocks = load<i32>(at, 12);
  const quads = load<i32>(at, 16);
  const from = load<usize>(at, 20);
  let to = load<usize>(at, 24);
  const isFloat = load<i32>(at, 28);
  const low = v128.load32_splat(at, 32);
  const high = v128.load32_splat(at, 36);
  const lowBytes = bytesOf(load<f32>(at, 32));
  const pairsEnd = from + ((<usize>(quads & ~1)) << 2);
  for (let block = 0; block < blocks; block++) {
    const head = entry;
    let even0 = v128.load(head);
    let even1 = v128.load(head, 16);
    let even2 = v128.load(head, 32);
    let even3 = v128.load(head, 48);
    let odd0 = i32x4.splat(0);
    let odd1 = odd0;
    let odd2 = odd0;
    let odd3 = odd0;
    entry += 192;
    let x = from;
    for (; x < pairsEnd; x += 8) {
      const x0 = v128.load32_splat(x);
      const x1 = v128.load32_splat(x, 4);
      even0 = addDot(v128.load(entry), x0, even0);
      even1 = addDot(v128.load(entry, 16), x0, even1);
      even2 = addDot(v128.load(entry, 32), x0, even2);
      even3 = addDot(v128.load(entry, 48), x0, even3);
      odd0 = addDot(v128.load(entry, 64), x1, odd0);
      odd1 = addDot(v128.load(entry, 80), x1, odd1);
      odd2 = addDot(v128.load(entry, 96), x1, odd2);
      odd3 = addDot(v128.load(entry, 112), x1, odd3);
      entry += 128;
    }
    if (quads & 1) {
      const x0 = v128.load32_splat(x);
      even0 = addDot(v128.load(entry), x0, even0);
      even1 = addDot(v128.load(entry, 16), x0, even1);
      even2 = addDot(v128.load(entry, 32), x0, even2);
      even3 = addDot(v128.load(entry, 48), x0, even3);
      entry += 64;
    }
    const y0 = scaled(i32x4.add(even0, odd0), v128.load(head, 64), v128.load(head, 128));
    const y1 = scaled(i32x4.add(even1, odd1), v128.load(head, 80), v128.load(head, 144));
    const y2 = scaled(i32x4.add(even2, odd2), v128.load(head, 96), v128.load(head, 160));
    const y3 = scaled(i32x4.add(even3, odd3), v128.load(head, 112), v128.load(head, 176));
    if (isFloat) {
      v128.store(to, clamp(y0, low, high));
      v128.store(to, clamp(y1, low, high), 16);
      v128.store(to, clamp(y2, low, high), 32);
      v128.store(to, clamp(y3, low, high), 48);
      to += 64;
    } else {
      const a = whole(y0, high);
      const b = whole(y1, high);
      v128.store(to, narrowed(a, b, whole(y2, high), whole(y3, high), lowBytes));
      to += 16;
    }
  }
}

/**
 * A sparse matrix times one vector: groups of four outputs of about as many entries each. The stream holds, for each
 * group, the number of pairs of entries, at byte 16 where its outputs go, at byte 32 what sums begin with, then factors
 * and shifts, and for each pair twice four weights of each output, and the places of 4 + 4 times four inputs (16 bits,
 * in bytes from the first).
 */
export function sparseVector(at: usize): void {
  let entry = load<usize>(at, 8);
  const groups = load<i32>(at, 12);
  const from = load<usize>(at, 16);
  const isFloat = load<i32>(at, 20);
  const low = v128.load32_splat(at, 24);
  const high = v128.load32_splat(at, 28);
  const lowNumber = i32x4.splat(<i32>load<f32>(at, 24));
  for (let group = 0; group < groups; group++) {
    const head = entry;
    let even = v128.load(head, 32);
    let odd = i32x4.splat(0);
    entry += 80;
    const stop = entry + <usize>load<i32>(head) * 48;
    for (; entry < stop; entry += 48) {
      even = addDot(v128.load(entry), gathered(from, entry + 32), even);
      odd = addDot(v128.load(entry, 16), gathered(from, entry + 40), odd);
    }
    const y = scaled(i32x4.add(even, odd), v128.load(head, 48), v128.load(head, 64));
    if (isFloat) {
      const floats = clamp(y, low, high);
      v128.store32_lane(load<usize>(head, 16), floats, 0);
      v128.store32_lane(load<usize>(head, 20), floats, 1);
      v128.store32_lane(load<usize>(head, 24), floats, 2);
      v128.store32_lane(load<usize>(head, 28), floats, 3);
    } else {
      const bytes = i32x4.max_s(whole(y, high), lowNumber);
      v128.store8_lane(load<usize>(head, 16), bytes, 0);
      v128.store8_lane(load<usize>(head, 20), bytes, 4);
      v128.store8_lane(load<usize>(head, 24), bytes, 8);
      v128.store8_lane(load<usize>(head, 28), bytes, 12);
    }
  }
}

function gathered(from: usize, places: usize): v128 {
  let x = v128.load32_zero(from + <usize>load<u16>(places));
  x = v128.load32_lane(from + <usize>load<u16>(places, 2), x, 1);
  x = v128.load32_lane(from + <usize>load<u16>(places, 4), x, 2);
  return v128.load32_lane(from + <usize>load<u16>(places, 6), x, 3);
}
