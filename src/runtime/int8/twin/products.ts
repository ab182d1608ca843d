import {clamp, whole, scaled, type Bytes} from './bytes.js';

/** See assembly/: the same numbers, one after the other. */

export function quads(bytes: Bytes, at: number, size: number): void {
  const [stream, outputs, first, end, images, imageStep, out, outStep] = bytes.numbers(at + 8, 8) as Eight;
  const isFloat = bytes.number(at + 40);
  const [low, high] = [bytes.float(at + 44), bytes.float(at + 48)];
  const [headBytes, step] = [4 + 12 * size, 4 + 4 * size];
  for (let image = 0; image < images; image++) {
    for (let position = first + image * imageStep; position < end + image * imageStep; position += 4) {
      let head = stream;
      for (let output = 0; output < outputs; output += size) {
        const stop = head + headBytes + step * bytes.number(head);
        for (let i = 0; i < size; i++) {
          let sum = bytes.number(head + 4 + 4 * i);
          for (let entry = head + headBytes; entry < stop; entry += step) {
            sum += bytes.dot(entry + 4 + 4 * i, bytes.number(entry) + position);
          }
          const place = output + i;
          if (isFloat && place >= outputs) continue;
          const byte = out + position + Math.floor(place / 4) * outStep + (place % 4);
          const to = isFloat ? out + position + place * outStep : byte;
          store(bytes, sum, head + 4 + 4 * (size + i), 4 * size, to, isFloat, low, high);
        }
        head = stop;
      }
    }
  }
}

type Eight = [number, number, number, number, number, number, number, number];

export function denseVector(bytes: Bytes, at: number): void {
  const [stream, blocks, words, from, to, isFloat] = bytes.numbers(at + 8, 6) as Eight;
  const [low, high] = [bytes.float(at + 32), bytes.float(at + 36)];
  for (let output = 0; output < 16 * blocks; output++) {
    const head = stream + (192 + 64 * words) * Math.floor(output / 16) + 4 * (output % 16);
    let sum = bytes.number(head);
    for (let i = 0; i < words; i++) sum += bytes.dot(head + 192 + 64 * i, from + 4 * i);
    store(bytes, sum, head + 64, 64, isFloat ? to + 4 * output : to + output, isFloat, low, high);
  }
}

/** Writes an output, whose factor and shift are so many bytes apart. */
function store(
  bytes: Bytes,
  sum: number,
  factor: number,
  apart: number,
  to: number,
  isFloat: number,
  low: number,
  high: number,
): void {
  const y = scaled(sum, bytes.float(factor), bytes.float(factor + apart));
  if (isFloat) bytes.store(to, clamp(y, low, high));
  else bytes.storeByte(to, whole(y, low, high));
}

export function sparseVector(bytes: Bytes, at: number): void {
  const [stream, groups, from, isFloat] = bytes.numbers(at + 8, 4) as Eight;
  const [low, high] = [bytes.float(at + 24), bytes.float(at + 28)];
  let head = stream;
  for (let group = 0; group < groups; group++) {
    const end = head + 80 + 48 * bytes.number(head);
    for (let lane = 0; lane < 4; lane++) {
      let sum = bytes.number(head + 32 + 4 * lane);
      for (let pair = head + 80; pair < end; pair += 48) {
        for (const half of [0, 4]) {
          const place = from + bytes.half(pair + 32 + 2 * (half + lane));
          sum += bytes.dot(pair + 4 * (half + lane), place);
        }
      }
      const to = bytes.number(head + 16 + 4 * lane);
      store(bytes, sum, head + 48 + 4 * lane, 16, to, isFloat, low, high);
    }
    head = end;
  }
}

export function depthwise(bytes: Bytes, at: number): void {
  const [stream, words, from, fromStep, to, toStep, images, fromImage] = bytes.numbers(at + 8, 8) as Eight;
  const [toImage, lines, fromLine, toLine, count, stride, runs, offsets] = bytes.numbers(at + 40, 8) as Eight;
  const [low, high] = [bytes.float(at + 72), bytes.float(at + 76)];
  const size = 48 + 16 * runs;
  for (let i = 0; i < words * images * lines; i++) {
    const [word, image, line] = [Math.floor(i / images / lines), Math.floor(i / lines) % images, i % lines];
    const first = from + word * fromStep + image * fromImage + line * fromLine;
    const out = to + word * toStep + image * toImage + line * toLine;
    for (let x = 0; x < 4 * Math.ceil(count / 4); x++) {
      for (let lane = 0; lane < 4; lane++) {
        const head = stream + word * size + 4 * lane;
        let sum = bytes.number(head);
        for (let run = 0; run < runs; run++) {
          for (let entry = 0; entry < 4; entry++) {
            const place = first + x * stride + bytes.number(offsets + 4 * run) + 4 * entry + lane;
            sum += bytes.byte(head + 48 + 16 * run + entry) * bytes.byte(place);
          }
        }
        store(bytes, sum, head + 16, 16, out + 4 * x + lane, 0, low, high);
      }
    }
  }
}
