import {mkdirSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {dirname} from 'node:path';
import * as tf from '@tensorflow/tfjs';

export {median} from '../../../src/math/median.js';
export {interleaved, medianRatio} from './rounds.js';

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

/** Prints the figures as a table, and writes them with the machine and the backend to `bench-results/NAME.json`. */
export function report(name: string, figures: readonly Figure[], program = `Node ${process.version}`): void {
  const width = Math.max(...figures.map(({what}) => what.length));
  const processor = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}`;
  const machine = `${processor}, ${program}, ${tf.getBackend()}`;
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
