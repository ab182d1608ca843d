/**
 * The sum of two values, each channel times a factor, plus a shift: in whole numbers, divided by a power of two in the
 * end. For each four channels there are pairs of factors of 16 bits, then the shifts.
 */
export function sum(at: usize): void {
  let a = load<usize>(at, 8);
  let b = load<usize>(at, 12);
  let to = load<usize>(at, 16);
  const quads = load<i32>(at, 20);
  const aStep = load<usize>(at, 24);
  const bStep = load<usize>(at, 28);
  const toStep = load<usize>(at, 32);
  const images = load<i32>(at, 36);
  const imageStep = load<usize>(at, 40);
  const bytes = (<usize>load<i32>(at, 44)) << 2;
  let constants = load<usize>(at, 48);
  const power = load<i32>(at, 52);
  const low = i8x16.splat(<i8>load<i32>(at, 56));
  const high = i8x16.splat(<i8>load<i32>(at, 60));
  for (let quad = 0; quad < quads; quad++) {
    const factors = v128.load(constants);
    const shift = v128.load(constants, 16);
    for (let image = 0; image < images; image++) {
      const offset = <usize>image * imageStep;
      const end = offset + bytes;
      for (let i = offset; i < end; i += 16) {
        const x = v128.load(a + i);
        const y = v128.load(b + i);
        const first = v128.shuffle<i8>(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const last = v128.shuffle<i8>(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        const s0 = divided(i16x8.extend_low_i8x16_s(first), factors, shift, power);
        const s1 = divided(i16x8.extend_high_i8x16_s(first), factors, shift, power);
        const s2 = divided(i16x8.extend_low_i8x16_s(last), factors, shift, power);
        const s3 = divided(i16x8.extend_high_i8x16_s(last), factors, shift, power);
        const all = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(s0, s1), i16x8.narrow_i32x4_s(s2, s3));
        v128.store(to + i, i8x16.min_s(i8x16.max_s(all, low), high));
      }
    }
    constants += 32;
    a += aStep;
    b += bStep;
    to += toStep;
  }
}

function divided(pairs: v128, factors: v128, shift: v128, power: i32): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(pairs, factors), shift), power);
}

/** Writes a word again and again. */
export function fill(at: usize): void {
  const from = load<usize>(at, 8);
  fillWords(from, from + load<usize>(at, 12), v128.load32_splat(at, 16));
}

/** Writes a word wherever something is read around what planes hold: see `clearGaps` of the kernels for floats. */
export function fillGaps(at: usize): void {
  let plane = load<usize>(at, 8);
  const planes = load<i32>(at, 12);
  const planeStep = load<usize>(at, 16);
  const lines = load<i32>(at, 20);
  const lineStep = load<usize>(at, 24);
  const lineBytes = load<usize>(at, 28);
  const before = load<usize>(at, 32);
  const word = v128.load32_splat(at, 36);
  const bodyBytes = <usize>lines * lineStep;
  fillWords(plane - before, plane, word);
  for (let i = 0; i < planes; i++) {
    const body = plane + bodyBytes;
    for (let line = plane; line < body; line += lineStep) fillWords(line + lineBytes, line + lineStep, word);
    fillWords(body, plane + planeStep, word);
    plane += planeStep;
  }
}

function fillWords(from: usize, end: usize, word: v128): void {
  for (; from + 16 <= end; from += 16) v128.store(from, word);
  for (; from < end; from += 4) v128.store32_lane(from, word, 0);
}
