import {mkdirSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {dirname} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {median} from '../../../src/math/median.js';

export {median};

/** One measured figure, its value and its target. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** The largest good value; undefined if there is no target. */
  target?: number;
}

/** The mean of the values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample standard deviation of the values. */
export function deviation(values: readonly number[]): number {
  const m = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - m) ** 2, 0) / (values.length - 1));
}

/**
 * Times contenders in turn, round by round, so that a slow moment of the machine affects all of them. The first rounds
 * are warm-up and not counted.
 *
 * @returns the milliseconds of each contender, one per round.
 */
export async function interleaved<K extends string>(
  contenders: Record<K, () => Promise<number> | number>,
  {rounds, warmUp}: {rounds: number; warmUp: number},
): Promise<Record<K, number[]>> {
  const names = Object.keys(contenders) as K[];
  const times = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const name of names) {
      const milliseconds = await contenders[name]();
      if (round >= warmUp) times[name].push(milliseconds);
    }
  }
  return times;
}

/** The median of the ratios, round by round. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((value, i) => value / b[i]!));
}

/** Prints the figures as a table, and writes them with the machine and the backend to `bench-results/NAME.json`. */
export function report(name: string, figures: readonly Figure[]): void {
  const width = Math.max(...figures.map(({what}) => what.length));
  const processor = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}`;
  const machine = `${processor}, Node ${process.version}, ${tf.getBackend()}`;
  console.log(`\n${name}  (${machine})`);
  for (const {what, value, unit, target} of figures) {
    const verdict = target === undefined ? '' : `  ${value <= target ? 'within' : 'ABOVE '} ${target} ${unit}`;
    console.log(`  ${what.padEnd(width)}  ${value.toFixed(3).padStart(10)} ${unit}${verdict}`);
  }
  mkdirSync(dirname(`bench-results/${name}`), {recursive: true});
  const result = {name, machine, backend: tf.getBackend(), date: new Date().toISOString(), figures};
  writeFileSync(`bench-results/${name}-${tf.getBackend()}.json`, `${JSON.stringify(result, null, 2)}\n`);
}

/** Seeds what tf.js shuffles with, which is Math.random. */
export function seedShuffling(seed: number): void {
  Math.random = seededRandom(seed);
}

/** A small seeded generator of numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
