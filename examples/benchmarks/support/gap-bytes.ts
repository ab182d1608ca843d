import {gzipSync} from 'node:zlib';
import type {LevelKernel} from './pruned-levels.js';

const LONGEST = 255;

/**
 * What a page could read without a decoder of its own, gzipped: how many zeros come before each level, and the level,
 * each in a byte, one list behind the other. Outputs are scanned first, which gzips best.
 */
export function gapBytes(kernels: readonly LevelKernel[]): number {
  const [gaps, values]: [number[], number[]] = [[], []];
  let gap = 0;
  for (const level of kernels.flatMap(scanned)) {
    if (level === 0 && gap < LONGEST) {
      gap++;
      continue;
    }
    gaps.push(gap); // the longest gap has a zero behind it
    values.push(level & 255);
    gap = 0;
  }
  return gzipSync(Uint8Array.from([...gaps, ...values]), {level: 9}).length;
}

function scanned({levels, rows, columns}: LevelKernel): number[] {
  return Array.from({length: rows * columns}, (_, i) => levels[(i % rows) * columns + Math.floor(i / rows)]!);
}
