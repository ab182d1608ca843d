import {isList} from '../options/expect.js';
import type {Shape} from './input-shapes.js';

/** @throws TypeError unless inputs of some shapes fit where others are expected, null for any size. */
export function expectFitting(shapes: readonly (readonly number[])[], expected: readonly Shape[]): void {
  if (!isList(shapes) || !shapes.every(isList)) {
    throw new TypeError(`Expected shapes in a list, as [[224, 224, 3]], got ${JSON.stringify(shapes)}`);
  }
  if (shapes.length !== expected.length) {
    throw new TypeError(`Expected the shapes of ${expected.length} inputs, got ${shapes.length}`);
  }
  shapes.forEach((shape, i) => {
    const open = expected[i]!;
    const fits =
      shape.length === open.length && shape.every((size, axis) => isSize(size) && size === (open[axis] ?? size));
    if (fits) return;
    throw new TypeError(`Expected shape [${shown(open)}] for input ${i}, without the batch, got [${shown(shape)}]`);
  });
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size > 0;
}

function shown(shape: Shape): string {
  return shape.map(size => size ?? 'null').join();
}
