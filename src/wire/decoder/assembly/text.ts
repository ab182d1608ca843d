import {at, codeBit, fill, HALF, learned, logitAt, squash, update, within} from './bits';

/**
 * Decodes text as coder/text-model.ts does, bit for bit. See there for the model; names are the same. What was seen is
 * kept behind the tables: each byte, and for the bytes before it their hash and the place with a hash of the same slot
 * before.
 */

const ORDERS = 5;
const TABLE_BITS = 14;
const LIMIT = 255;
const SHORTEST_MATCH = 5;
const LENGTHS = 16;
const INPUTS = ORDERS + 1;
const SLOTS = 1 << 14;

// From `tables` on, 32-bit integers.
const MATCHES: usize = 4 * ((<usize>ORDERS) << TABLE_BITS);
const WEIGHTS: usize = MATCHES + 4 * LENGTHS;
const HEADS: usize = WEIGHTS + 4 * LENGTHS * INPUTS;
const BASES: usize = HEADS + 4 * SLOTS;
const PLACES: usize = BASES + 4 * ORDERS;
const LOGITS: usize = PLACES + 4 * ORDERS;
const SEEN: usize = LOGITS + 4 * INPUTS;
/** Of each byte: itself, its hash, the place before. */
const SEEN_STEP: usize = 12;

let tables: usize = 0;
let count = 0;
let match = 0;
let length = 0;

/** How many bytes it needs for a text. */
export function textRoom(bytes: i32): usize {
  return SEEN + <usize>bytes * SEEN_STEP;
}

/** Begins a model that knows nothing. */
export function startText(from: usize): void {
  tables = from;
  fill(from, (ORDERS << TABLE_BITS) + LENGTHS, HALF << 10);
  fill(from + WEIGHTS, LENGTHS * INPUTS, 14000);
  fill(from + HEADS, SLOTS, 0);
  count = match = length = 0;
}

/** Tells the model the bytes at `from`. */
export function learnText(from: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i++) codeByte(<i32>load<u8>(from + i));
}

/** Decodes bytes. */
export function decodeText(to: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i++) store<u8>(to + i, codeByte(-1));
}

function seen(place: i32): usize {
  return tables + SEEN + <usize>place * SEEN_STEP;
}

/** Codes what is given, or reads it if that is < 0. */
function codeByte(given: i32): i32 {
  lookBack();
  let node = 1;
  while (node < 256) node = 2 * node + codeTextBit(node, given);
  remember(node & 255);
  return node & 255;
}

function lookBack(): void {
  let hash = 0;
  let back = 0;
  for (let i = 0; i < ORDERS; i++) {
    const order = i < 4 ? i + 1 : 6;
    for (; back < order; back++) {
      const byte: i32 = back < count ? load<i32>(seen(count - 1 - back)) : 0;
      hash = (hash + byte + 1) * 0x2f0b4c47;
    }
    store<i32>(at(tables + BASES, i), (hash + i) * <i32>0x9e3779b1);
  }
}

function codeTextBit(node: i32, given: i32): i32 {
  const depth = 31 - clz(node);
  const expected = expectedBit(node, depth);
  const context = expected < 0 ? 0 : min(length, LENGTHS - 1);
  const weights = at(tables + WEIGHTS, context * INPUTS);
  let sum = 0;
  for (let i = 0; i < INPUTS; i++) {
    let logit = 0;
    if (i < ORDERS) {
      const place = <i32>((<u32>((load<i32>(at(tables + BASES, i)) + node) * 0x2c1b3c6d)) >> (32 - TABLE_BITS));
      const counter = at(tables, (i << TABLE_BITS) + place);
      store<usize>(at(tables + PLACES, i), counter);
      logit = logitAt(counter);
    } else if (expected >= 0) {
      logit = logitAt(at(tables + MATCHES, context));
      if (expected == 0) logit = -logit;
    }
    store<i32>(at(tables + LOGITS, i), logit);
    sum += load<i32>(at(weights, i)) * logit;
  }
  const chance = squash(sum >> 16);
  const bit = given < 0 ? codeBit(within(chance, 32)) : (given >> (7 - depth)) & 1;
  const error = (bit << 16) - chance;
  for (let i = 0; i < INPUTS; i++) {
    const weight = at(weights, i);
    store<i32>(weight, learned(load<i32>(weight), (error * load<i32>(at(tables + LOGITS, i)) + 8192) >> 14));
    if (i < ORDERS) update(load<usize>(at(tables + PLACES, i)), bit, LIMIT);
  }
  if (expected >= 0) update(at(tables + MATCHES, context), <i32>(bit == expected), LIMIT);
  return bit;
}

/** The bit that followed the same bytes, or -1. */
function expectedBit(node: i32, depth: i32): i32 {
  if (length == 0) return -1;
  const byte = load<i32>(seen(match)) | 256;
  return byte >> (8 - depth) == node ? (byte >> (7 - depth)) & 1 : -1;
}

function remember(byte: i32): void {
  const agrees = length > 0 && load<i32>(seen(match)) == byte;
  store<i32>(seen(count), byte);
  count++;
  match++;
  length = agrees ? length + 1 : 0;
  if (count < SHORTEST_MATCH) return;
  let hash = 0;
  for (let i = 1; i <= SHORTEST_MATCH; i++) hash = hash * 0x01000193 + load<i32>(seen(count - i));
  const before = lastPlace(hash);
  if (length > 0 || before == 0) return;
  match = before;
  length = SHORTEST_MATCH;
}

/** Where bytes of this hash ended last, or 0; from now on, here. */
function lastPlace(hash: i32): i32 {
  const slot = at(tables + HEADS, hash & (SLOTS - 1));
  const first = load<i32>(slot);
  let place = first;
  while (place != 0 && load<i32>(seen(place - 1), 4) != hash) place = load<i32>(seen(place - 1), 8);
  const last = seen(count - 1);
  store<i32>(last, hash, 4);
  store<i32>(last, first, 8);
  store<i32>(slot, count);
  return place;
}
