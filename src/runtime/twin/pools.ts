import type {Words} from './words.js';

/** See kernels/assembly/pools.ts. */

export function pool(words: Words, at: number): void {
  const [from, to, channels, fromStep, toStep, images, fromImage, toImage, fromLine, toLine, ...rest] = words.numbers(
    at + 8,
    22,
  ) as Numbers;
  const [height, outHeight, poolHeight, strideHeight, top] = rest as Numbers;
  const [width, outWidth, poolWidth, strideWidth, left, isMax] = rest.slice(5) as Numbers;
  for (let plane = 0; plane < channels * images; plane++) {
    const [channel, image] = [Math.floor(plane / images), plane % images];
    const first = from + channel * fromStep + image * fromImage;
    const out = to + channel * toStep + image * toImage;
    for (let y = 0; y < outHeight; y++) {
      const lines = within(height, y * strideHeight - top, poolHeight);
      for (let x = 0; x < outWidth; x++) {
        const columns = within(width, x * strideWidth - left, poolWidth);
        const numbers = lines.flatMap(line => columns.map(column => words.float(first + line * fromLine + 4 * column)));
        words.store(out + y * toLine + 4 * x, isMax ? Math.max(...numbers) : mean(numbers));
      }
    }
  }
}

type Numbers = [number, number, number, number, number, number, number, number, number, number, ...number[]];

function within(length: number, first: number, size: number): number[] {
  return Array.from({length: size}, (_, i) => first + i).filter(place => place >= 0 && place < length);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

export function poolAll(words: Words, at: number): void {
  const [from, to, channels, fromStep, toStep, images, fromImage, toImage, lines, lineStep, width, isMax] =
    words.numbers(at + 8, 12) as [...Numbers, number, number];
  for (let channel = 0; channel < channels; channel++) {
    for (let image = 0; image < images; image++) {
      const first = from + channel * fromStep + image * fromImage;
      const numbers = Array.from({length: lines * width}, (_, i) =>
        words.float(first + Math.floor(i / width) * lineStep + 4 * (i % width)),
      );
      const pooled = isMax ? Math.max(...numbers) : mean(numbers);
      words.store(to + channel * toStep + image * toImage, pooled);
    }
  }
}
