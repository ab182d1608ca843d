import type {Words} from './words.js';

/** See kernels/assembly/moves.ts. */

export function copy(words: Words, at: number): void {
  const [from, to, ...loops] = words.numbers(at + 8, 14) as [number, number, ...number[]];
  eachPlace(loops, 2, ([x, y]) => words.store(to + y!, words.float(from + x!)));
}

/** Calls back with the places in several arrays, along nested loops: for each a count and the steps. */
export function eachPlace(
  loops: readonly number[],
  arrays: number,
  visit: (places: readonly number[]) => void,
  places: readonly number[] = Array.from({length: arrays}, () => 0),
): void {
  if (loops.length === 0) {
    visit(places);
    return;
  }
  const [count, ...steps] = loops.slice(0, 1 + arrays) as [number, ...number[]];
  const inner = loops.slice(1 + arrays);
  for (let i = 0; i < count; i++) {
    const here = places.map((place, j) => place + i * steps[j]!);
    eachPlace(inner, arrays, visit, here);
  }
}

export function clear(words: Words, at: number): void {
  const [from, bytes] = words.numbers(at + 8, 2) as [number, number];
  fill(words, from, from + bytes);
}

export function clearGaps(words: Words, at: number): void {
  const [plane, planes, planeStep, lines, lineStep, lineBytes, before] = words.numbers(at + 8, 7) as Seven;
  fill(words, plane - before, plane);
  for (let i = 0; i < planes; i++) {
    const first = plane + i * planeStep;
    for (let line = 0; line < lines; line++) {
      fill(words, first + line * lineStep + lineBytes, first + (line + 1) * lineStep);
    }
    fill(words, first + lines * lineStep, first + planeStep);
  }
}

type Seven = [number, number, number, number, number, number, number];

function fill(words: Words, from: number, end: number): void {
  for (let address = from; address < end; address += 4) words.store(address, 0);
}

export function lookUp(words: Words, at: number): void {
  const [indices, table, rows, columns] = words.numbers(at + 8, 4) as [number, number, number, number];
  const loops = words.numbers(at + 24, 6);
  const [to, columnStep] = words.numbers(at + 48, 2) as [number, number];
  eachPlace(loops, 2, ([from, out]) => {
    const index = words.float(indices + from!);
    const isRow = index > -1 && index < rows;
    for (let column = 0; column < columns; column++) {
      const value = isRow ? words.float(table + 4 * (Math.trunc(index) * columns + column)) : NaN;
      words.store(to + out! + column * columnStep, value);
    }
  });
}
