import {clamp, type Bytes} from './bytes.js';

/** See assembly/words.ts and assembly/pools.ts. */

export function sum(bytes: Bytes, at: number): void {
  const [a, b, to, words, aStep, bStep, toStep, images] = bytes.numbers(at + 8, 8) as Eight;
  const [imageStep, count, constants, power, low, high] = bytes.numbers(at + 40, 6) as Eight;
  for (let plane = 0; plane < words * images; plane++) {
    const [word, image] = [Math.floor(plane / images), plane % images];
    for (let i = 0; i < 16 * Math.ceil(count / 4); i++) {
      const offset = image * imageStep + i;
      const own = constants + 32 * word + 4 * (i % 4);
      const products = [
        bytes.byte(a + word * aStep + offset) * bytes.signedHalf(own),
        bytes.byte(b + word * bStep + offset) * bytes.signedHalf(own + 2),
        bytes.number(own + 16),
      ];
      const quotient = products.reduce((all, product) => all + product, 0) >> power;
      bytes.storeByte(to + word * toStep + offset, clamp(quotient, low, high));
    }
  }
}

type Eight = [number, number, number, number, number, number, number, number];

export function fill(bytes: Bytes, at: number): void {
  const [from, count, word] = bytes.numbers(at + 8, 3) as Eight;
  fillBytes(bytes, from, from + count, word);
}

export function fillGaps(bytes: Bytes, at: number): void {
  const [plane, planes, planeStep, lines, lineStep, lineBytes, before, word] = bytes.numbers(at + 8, 8) as Eight;
  fillBytes(bytes, plane - before, plane, word);
  for (let i = 0; i < planes; i++) {
    const first = plane + i * planeStep;
    for (let line = 0; line < lines; line++) {
      fillBytes(bytes, first + line * lineStep + lineBytes, first + (line + 1) * lineStep, word);
    }
    fillBytes(bytes, first + lines * lineStep, first + planeStep, word);
  }
}

/** All bytes of the word are the same. */
function fillBytes(bytes: Bytes, from: number, end: number, word: number): void {
  for (let address = from; address < end; address++) bytes.storeByte(address, word % 256);
}

export function poolWords(bytes: Bytes, at: number): void {
  const [from, to, words, fromStep, toStep, images, fromImage, toImage] = bytes.numbers(at + 8, 8) as Eight;
  const [fromLine, toLine, height, outHeight, poolHeight, strideHeight, top] = bytes.numbers(at + 40, 7) as Eight;
  const [width, outWidth, poolWidth, strideWidth, left, isMax] = bytes.numbers(at + 68, 6) as Eight;
  for (let plane = 0; plane < 4 * words * images; plane++) {
    const [slot, image] = [Math.floor(plane / images), plane % images];
    const first = from + Math.floor(slot / 4) * fromStep + image * fromImage + (slot % 4);
    const out = to + Math.floor(slot / 4) * toStep + image * toImage + (slot % 4);
    for (let y = 0; y < outHeight; y++) {
      const lines = within(height, y * strideHeight - top, poolHeight);
      for (let x = 0; x < outWidth; x++) {
        const columns = within(width, x * strideWidth - left, poolWidth);
        const found = lines.flatMap(line => columns.map(column => bytes.byte(first + line * fromLine + 4 * column)));
        const pooled = isMax ? Math.max(...found) : Math.floor(Math.fround(mean(found) + 0.5));
        bytes.storeByte(out + y * toLine + 4 * x, pooled);
      }
    }
  }
}

export function poolAllWords(bytes: Bytes, at: number): void {
  const [from, to, channels, fromStep, toStep, images, fromImage, toImage] = bytes.numbers(at + 8, 8) as Eight;
  const [lines, lineStep, width, isMax] = bytes.numbers(at + 40, 4) as Eight;
  const [scale, zero] = [bytes.float(at + 56), bytes.float(at + 60)];
  for (let plane = 0; plane < channels * images; plane++) {
    const [channel, image] = [Math.floor(plane / images), plane % images];
    const first = from + Math.floor(channel / 4) * fromStep + image * fromImage + (channel % 4);
    const found = Array.from({length: lines * width}, (_, i) =>
      bytes.byte(first + Math.floor(i / width) * lineStep + 4 * (i % width)),
    );
    const pooled = isMax ? Math.max(...found) : mean(found);
    bytes.store(to + channel * toStep + image * toImage, Math.fround(pooled - zero) * scale);
  }
}

function within(length: number, first: number, size: number): number[] {
  return Array.from({length: size}, (_, i) => first + i).filter(place => place >= 0 && place < length);
}

/** In 32-bit floats. */
function mean(numbers: readonly number[]): number {
  return Math.fround(numbers.reduce((all, value) => all + value, 0) / numbers.length);
}
