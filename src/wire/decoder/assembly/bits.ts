/**
 * What all decoders share: the range decoder, the counters and the tables of logits, as in coder/range-coder.ts,
 * counter.ts and logistic.ts. Names are the same. Tables come first in the memory; callers place all else behind
 * `tablesEnd()`.
 */

const BOUND = 2816;
const ONE = (1 << 22) - 1;
const MARGIN = 96;
export const HALF = 1 << 21;
export const EVEN = 1 << 15;
const WEIGHT_BOUND = (1 << 17) - 1;

// Tables of 32-bit integers, one behind the other.
const SQUASHED: usize = 0;
const STRETCHED: usize = SQUASHED + 4 * (2 * BOUND + 1);
const RATES: usize = STRETCHED + 4 * 4096;
export const BITS_END: usize = RATES + 4 * 1024;

let range: u32 = 0;
let code: u32 = 0;
let input: usize = 0;
let inputEnd: usize = 0;

// @inline
export function at(table: usize, index: i32): usize {
  return table + ((<usize>index) << 2);
}

// @inline
export function clip(value: i32, bound: i32): i32 {
  return min(max(value, -bound), bound);
}

// @inline
export function squash(logit: i32): i32 {
  return load<i32>(at(SQUASHED, clip(logit, BOUND - 1) + BOUND));
}

// @inline
function stretch(chance: i32): i32 {
  return load<i32>(at(STRETCHED, chance));
}

// @inline
export function logitOf(counter: i32): i32 {
  return stretch(counter >>> 20);
}

// @inline
export function logitAt(counter: usize): i32 {
  return logitOf(load<i32>(counter));
}

// @inline
export function afterBit(counter: i32, bit: i32, limit: i32): i32 {
  const count = counter & 1023;
  let chance = counter >>> 10;
  chance += ((((bit ? ONE : 0) - chance) >> 7) * load<i32>(at(RATES, count))) >> 9;
  chance = min(max(chance, MARGIN), ONE - MARGIN);
  return (chance << 10) | (count < limit ? count + 1 : count);
}

export function update(counter: usize, bit: i32, limit: i32): void {
  store<i32>(counter, afterBit(load<i32>(counter), bit, limit));
}

// @inline
export function learned(weight: i32, step: i32): i32 {
  return clip(weight + step, WEIGHT_BOUND);
}

// @inline
export function within(chance: i32, least: i32): i32 {
  return min(max(chance, least), 65536 - least);
}

/** Zeros follow the end. */
function nextByte(): u32 {
  const at = input++;
  return at < inputEnd ? <u32>load<u8>(at) : 0;
}

export function codeBit(chance: i32): i32 {
  const bound = (range >> 16) * <u32>chance;
  let bit: i32;
  if (code < bound) {
    range = bound;
    bit = 1;
  } else {
    code -= bound;
    range -= bound;
    bit = 0;
  }
  while (range < 1 << 24) {
    range <<= 8;
    code = (code << 8) | nextByte();
  }
  return bit;
}

export function fill(from: usize, count: i32, value: i32): void {
  for (let i = 0; i < count; i++) store<i32>(at(from, i), value);
}

/** Fills the tables: once. */
export function startTables(): void {
  let odds: f64 = 1;
  for (let i = 0; i <= BOUND; i++) {
    const chance = max(16, <i32>Math.floor(65536 / (1 + odds) + 0.5));
    store<i32>(at(SQUASHED, BOUND - i), chance);
    store<i32>(at(SQUASHED, BOUND + i), 65536 - chance);
    odds *= 1.0039138893383475734;
  }
  for (let i = 0, logit = 0; i < 4096; i++) {
    while (logit < 2 * BOUND && load<i32>(at(SQUASHED, logit)) < 16 * i + 8) logit++;
    store<i32>(at(STRETCHED, i), logit - BOUND);
  }
  for (let i = 0; i < 1024; i++) store<i32>(at(RATES, i), <i32>Math.floor(65536 / (<f64>i + 1.5)));
}

/** Begins with the coded bytes from one address to another. */
export function startBits(from: usize, end: usize): void {
  input = from;
  inputEnd = end;
  range = 0xffffffff;
  code = 0;
  for (let i = 0; i < 4; i++) code = (code << 8) | nextByte();
}

/** Where it reads, which goes on behind the end. */
export function position(): usize {
  return input;
}

/** Whether the bytes up to an address suffice for so many. */
export function suffices(available: usize, bytes: i32): bool {
  return available >= inputEnd || input + <usize>bytes <= available;
}
