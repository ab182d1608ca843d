import {
  afterBit,
  at,
  BITS_END,
  clip,
  codeBit,
  EVEN,
  fill,
  HALF,
  learned,
  logitAt,
  logitOf,
  squash,
  startBits,
  suffices,
  update,
  within,
} from './bits';

/**
 * Decodes levels as coder/level-coder.ts does, bit for bit, and several times as fast. See there for the models; names
 * are the same. The caller places input, columns and levels behind `tablesEnd()`.
 */

const PLACES = 24;
const UNARY_BOUND = 128;
const NEVER = 0xffff;

// Tables of 32-bit integers, one behind the other.
const ZERO_PATTERNS: usize = BITS_END;
const SIGN_PATTERNS: usize = ZERO_PATTERNS + 4 * 243;
const AROUND: usize = SIGN_PATTERNS + 4 * 243;
const MEANS: usize = AROUND + 4 * PLACES * 64;
const DENSITIES: usize = MEANS + 4 * PLACES * 32;
const LEASTS: usize = DENSITIES + 4 * PLACES * 32;
const LOW_BITS: usize = LEASTS + 4 * PLACES * 32;
const MAGNITUDE_WEIGHTS: usize = LOW_BITS + 4 * PLACES * 16;
const TABLES_END: usize = MAGNITUDE_WEIGHTS + 4 * PLACES * 5;

// The file.
let firstDensity = 0;
let shift = 0;
let hasRawSigns = 0;
let mean = 0;
let zeroWeight0 = 0;
let zeroWeight1 = 0;
let zeroWeight2 = 0;
let zeroWeight3 = 0;
let signWeight0 = 0;
let signWeight1 = 0;
let signWeight2 = 0;

// The layer. Of each column: its density, mean, least and drift; the densities of the layer before.
let rows = 0;
let columns = 0;
let columnsBefore = 0;
let near = 0;
let far = 0;
let hasLags = 0;
let isLinked = 0;
let row = 0;
let layer = 0;
let layerBefore = 0;
let densities: usize = 0;
let densitiesBefore: usize = 0;
let means: usize = 0;
let leasts: usize = 0;
let drifts: usize = 0;
let level: usize = 0;

/** Where the memory is free. */
export function tablesEnd(): usize {
  return TABLES_END;
}

/** Begins a file, whose coded bytes are at `from`; density and mean as in the file. */
export function startLevels(
  from: usize,
  end: usize,
  density: i32,
  lowBits: i32,
  rawSigns: i32,
  firstMean: i32,
  columnTables: usize,
  mostColumns: i32,
): void {
  startBits(from, end);
  firstDensity = squash(((density - 128) << 4) + 8) << 6;
  shift = lowBits;
  hasRawSigns = rawSigns;
  mean = firstMean << 5;
  zeroWeight0 = zeroWeight1 = 52429;
  zeroWeight2 = -52429;
  zeroWeight3 = 19661;
  signWeight0 = 18000;
  signWeight1 = 14000;
  signWeight2 = 9000;
  fill(ZERO_PATTERNS, 243, (firstDensity << 10) | 1);
  fill(SIGN_PATTERNS, 243, (HALF << 10) | 1);
  fill(AROUND, PLACES * (64 + 3 * 32), HALF << 10);
  fill(LOW_BITS, PLACES * 16, (HALF << 10) | 1);
  for (let i = 0; i < PLACES * 5; i++) store<i32>(at(MAGNITUDE_WEIGHTS, i), i % 5 == 4 ? 3000 : 18000);
  densities = columnTables;
  densitiesBefore = at(densities, mostColumns);
  means = at(densitiesBefore, mostColumns);
  leasts = at(means, mostColumns);
  drifts = at(leasts, mostColumns);
  layer = 0;
  columns = 0;
}

/** Begins a layer, whose levels of 16 bits go to `to`. */
export function startLayer(
  ofRows: i32,
  ofColumns: i32,
  withLags: i32,
  lagNear: i32,
  lagFar: i32,
  linked: i32,
  to: usize,
): void {
  const other = densitiesBefore;
  densitiesBefore = densities;
  densities = other;
  columnsBefore = columns;
  layerBefore = layer;
  rows = ofRows;
  columns = ofColumns;
  hasLags = withLags;
  near = lagNear;
  far = lagFar;
  isLinked = linked;
  level = to;
  row = 0;
  layer = (firstDensity << 10) | 50;
  fill(densities, columns, (firstDensity << 10) | 8);
  fill(means, columns, -1);
  fill(leasts, columns, NEVER);
  fill(drifts, columns, 0);
}

/** Decodes rows until the layer ends, or the next may need bytes behind `available`. Returns how many are done. */
export function decodeRows(available: usize, rowBytes: i32): i32 {
  while (row < rows && suffices(available, rowBytes)) {
    decodeRow();
    row++;
  }
  return row;
}

function capped(level: i32): i32 {
  return min(abs(level), 2);
}

function ternary(level: i32): i32 {
  return level > 0 ? 1 : level < 0 ? 2 : 0;
}

function decodeRow(): void {
  let density = layer >>> 10;
  if (isLinked) {
    const change = logitAt(at(densitiesBefore, row % columnsBefore)) - logitOf(layerBefore);
    density = squash(logitOf(layer) + change) << 6;
  }
  let rowCounter = (density << 10) | 30;
  const line = (<usize>columns) << 1;
  const hasAbove = hasLags && row >= near;
  const hasAbove2 = hasLags && row >= 2 * near;
  const hasFar = hasLags && far != 0;
  const hasFarBehind = hasFar && row >= far - near;
  const hasFarSame = hasFar && row >= far;
  const hasFarBefore = hasFar && row >= far + near;
  for (let column = 0; column < columns; column++, level += 2) {
    let above = 0;
    let above2 = 0;
    let farSame = 0;
    let farBefore = 0;
    let farBehind = 0;
    let pattern = 0;
    let logit3 = 0;
    if (hasLags) {
      const left: i32 = column > 0 ? load<i16>(level - 2) : 0;
      let last: i32 = 0;
      if (hasAbove) above = load<i16>(level - line * near);
      if (hasAbove2) above2 = load<i16>(level - line * 2 * near);
      if (hasFar) {
        if (hasFarBehind) last = farBehind = load<i16>(level - line * (far - near));
        if (hasFarSame) farSame = load<i16>(level - line * far);
        if (hasFarBefore) farBefore = load<i16>(level - line * (far + near));
      } else if (column > 1) {
        last = load<i16>(level - 4);
      }
      pattern = capped(above) + 3 * capped(farSame) + 9 * capped(left) + 27 * capped(above2) + 81 * capped(last);
      logit3 = logitAt(at(ZERO_PATTERNS, pattern));
    }
    const columnAt = at(densities, column);
    const columnCounter = load<i32>(columnAt);
    const logit0 = logitOf(rowCounter);
    const logit1 = logitOf(columnCounter);
    const logit2 = logitOf(layer);
    const sum = zeroWeight0 * logit0 + zeroWeight1 * logit1 + zeroWeight2 * logit2 + zeroWeight3 * logit3;
    const logit = clip(sum >> 16, 2047);
    const chance = squash(logit);
    const isKept = codeBit(within(chance, 24));
    const error = (isKept << 16) - chance;
    zeroWeight0 = learned(zeroWeight0, (error * logit0 + 65536) >> 17);
    zeroWeight1 = learned(zeroWeight1, (error * logit1 + 65536) >> 17);
    zeroWeight2 = learned(zeroWeight2, (error * logit2 + 65536) >> 17);
    if (hasLags) {
      zeroWeight3 = learned(zeroWeight3, (error * logit3 + 65536) >> 17);
      update(at(ZERO_PATTERNS, pattern), isKept, 1000);
    }
    store<i32>(columnAt, afterBit(columnCounter, isKept, 150));
    rowCounter = afterBit(rowCounter, isKept, 1000);
    layer = afterBit(layer, isKept, 1000);
    store<i16>(level, isKept ? <i16>decodeLevel(column, logit, above, above2, farSame, farBefore, farBehind) : 0);
  }
}

// @inline
function decodeLevel(
  column: i32,
  logit: i32,
  above: i32,
  above2: i32,
  farSame: i32,
  farBefore: i32,
  farBehind: i32,
): i32 {
  const weighted = 2 * (above + farSame) + farBehind + farBefore + above2;
  const pull = (weighted * ((1 << 25) / max(mean, 77))) >> 16;
  const driftAt = at(drifts, column);
  const drift = load<i32>(driftAt);
  let sign: i32;
  if (hasRawSigns) {
    sign = codeBit(EVEN);
  } else {
    const signs = ternary(above) + 3 * ternary(farSame) + 9 * ternary(farBehind) + 27 * ternary(above2);
    const patternAt = at(SIGN_PATTERNS, signs + 81 * ternary(farBefore));
    const logit0 = logitAt(patternAt);
    const logit1 = -(clip(pull, 15) << 6);
    const logit2 = -(drift >> 1);
    const chance = squash((signWeight0 * logit0 + signWeight1 * logit1 + signWeight2 * logit2) >> 16);
    sign = codeBit(within(chance, 2048));
    const error = (sign << 16) - chance;
    signWeight0 = learned(signWeight0, (error * logit0 + 4096) >> 13);
    signWeight1 = learned(signWeight1, (error * logit1 + 4096) >> 13);
    signWeight2 = learned(signWeight2, (error * logit2 + 4096) >> 13);
    update(patternAt, sign, 255);
  }
  store<i32>(driftAt, drift + (((sign ? -1024 : 1024) - drift) >> 2));
  let around = 0;
  const count =
    2 * <i32>(above != 0) +
    2 * <i32>(farSame != 0) +
    <i32>(above2 != 0) +
    <i32>(farBehind != 0) +
    <i32>(farBefore != 0);
  if (count) {
    const size = 2 * (abs(above) + abs(farSame)) + abs(above2) + abs(farBehind) + abs(farBefore);
    around = min(15, (3 * size) / ((2 * count) << shift) + 1);
  }
  if (pull) around += <i32>(pull < 0) == sign ? 16 : 32;
  const value = decodeMagnitude(column, around, (logit + 2048) >> 7);
  return sign ? -(value + 1) : value + 1;
}

function decodeMagnitude(column: i32, around: i32, density: i32): i32 {
  const meanAt = at(means, column);
  const leastAt = at(leasts, column);
  const own = load<i32>(meanAt);
  const least = load<i32>(leastAt);
  const byMean = min(31, (3 * (own < 0 ? mean : own)) >> (8 + shift));
  const byLeast = least == NEVER ? 31 : min(30, least >> shift);
  let value = 0;
  while (value < UNARY_BOUND && isMore(min(value, PLACES - 1), around, byMean, density, byLeast)) value++;
  const place = min(value, PLACES - 1);
  for (let bits = shift, node = 1; bits > 0; bits--) {
    let bit: i32;
    if (node < 16) {
      const counter = at(LOW_BITS, (place << 4) + node);
      bit = codeBit(within(load<i32>(counter) >>> 16, 64));
      update(counter, bit, 255);
    } else {
      bit = codeBit(EVEN);
    }
    node = 2 * node + bit;
    value = 2 * value + bit;
  }
  const scaled = value << 8;
  store<i32>(leastAt, min(least, value));
  store<i32>(meanAt, own < 0 ? (26 * scaled + 38 * mean) >> 6 : own + ((scaled - own) >> 3));
  mean += (scaled - mean) >> 6;
  return value;
}

function isMore(place: i32, around: i32, byMean: i32, density: i32, byLeast: i32): i32 {
  const counter0 = at(AROUND, place * 64 + around);
  const counter1 = at(MEANS, place * 32 + byMean);
  const counter2 = at(DENSITIES, place * 32 + density);
  const counter3 = at(LEASTS, place * 32 + byLeast);
  const weights = at(MAGNITUDE_WEIGHTS, place * 5);
  const logit0 = logitAt(counter0);
  const logit1 = logitAt(counter1);
  const logit2 = logitAt(counter2);
  const logit3 = logitAt(counter3);
  const sum =
    load<i32>(weights) * logit0 +
    load<i32>(weights, 4) * logit1 +
    load<i32>(weights, 8) * logit2 +
    load<i32>(weights, 12) * logit3 +
    load<i32>(weights, 16) * 256;
  const chance = squash(sum >> 16);
  const bit = codeBit(within(chance, 64));
  const error = (bit << 16) - chance;
  learn(weights, error * logit0);
  learn(weights + 4, error * logit1);
  learn(weights + 8, error * logit2);
  learn(weights + 12, error * logit3);
  learn(weights + 16, error * 256);
  update(counter0, bit, 500);
  update(counter1, bit, 500);
  update(counter2, bit, 500);
  update(counter3, bit, 500);
  return bit;
}

// @inline
function learn(weight: usize, product: i32): void {
  store<i32>(weight, learned(load<i32>(weight), (product + 16384) >> 15));
}
