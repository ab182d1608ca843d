import {mkdirSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {dirname} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {median} from '../../../src/math/median.js';

export {median};

/** One measured figure: what it is, its value, and what it was held to. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** The largest value that is good; undefined for a figure that is only told. */
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
 * Times contenders in turn, round after round, so that a slow moment of the machine meets all of them; the first rounds
 * warm up and are not counted.
 *
 * @returns for each contender its milliseconds, one a round.
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
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${tf.getBackend()}`;
  console.log(`\n${name}  (${machine})`);
  for (const {what, value, unit, target} of figures) {
    const verdict = target === undefined ? '' : `  ${value <= target ? 'within' : 'ABOVE '} ${target} ${unit}`;
    console.log(`  ${what.padEnd(width)}  ${value.toFixed(3).padStart(10)} ${unit}${verdict}`);
  }
  mkdirSync(dirname(`bench-results/${name}`), {recursive: true});
  const result = {name, machine, backend: tf.getBackend(), date: new Date().toISOString(), figures};
  writeFileSync(`bench-results/${name}-${tf.getBackend()}.json`, `${JSON.stringify(result, null, 2)}\n`);
}

/** A small seeded generator (mulberry32), for the shuffling that tf.js leaves to Math.random. */
export function seedShuffling(seed: number): void {
  let state = seed;
  Math.random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
