import {mkdirSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {dirname} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {modelCost} from 'tfjs-pruning';
import type {Digits} from '../../support/mnist.js';
import {deviation, mean, seedShuffling} from './figures.js';

const SEEDS = (process.env['SEEDS'] ?? '1,2,3').split(',').map(Number);

/** Notes a figure of one seed, such as a test error in percent. */
export type Note = (what: string, value: number) => void;

/** The means over the seeds, by label. */
export type Means = (what: string) => number;

/** A study of a method: what to train for one seed, and claims about the means over all seeds. */
export interface Study {
  readonly name: string;
  readonly recipe: string;
  /** What the figures measure: `test error, %`. */
  readonly unit: string;
  readonly run: (seed: number, note: Note) => Promise<void>;
  /** Claims, and whether they hold. */
  readonly claims: (means: Means) => readonly (readonly [claim: string, holds: boolean])[];
}

/**
 * Runs a study with all seeds, prints it as a table, and writes it to `bench-results/NAME.json`.
 *
 * @returns the means.
 */
export async function runStudy({name, recipe, unit, run, claims}: Study): Promise<Means> {
  const begun = Date.now();
  const figures = new Map<string, number[]>();
  for (const seed of SEEDS) {
    seedShuffling(seed);
    await run(seed, (what, value) => {
      figures.set(what, [...(figures.get(what) ?? []), value]);
      console.log(`${name}  seed ${seed}  ${what.padEnd(44)} ${value.toFixed(2)}`);
    });
  }
  const means: Means = what => mean(figures.get(what) ?? [NaN]);
  const minutes = (Date.now() - begun) / 60_000;
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${tf.getBackend()}`;
  console.log(`\n${name}: ${recipe}; ${SEEDS.length} seeds, ${minutes.toFixed(1)} minutes (${machine})\n`);
  console.log(markdown([['', unit, 'of each seed'], ...[...figures].map(([what, values]) => row(what, values))]));
  for (const [claim, holds] of claims(means)) console.log(`${holds ? 'holds       ' : 'DOES NOT HOLD'} ${claim}`);
  mkdirSync(dirname(`bench-results/${name}`), {recursive: true});
  const result = {
    name,
    recipe,
    unit,
    machine,
    minutes,
    seeds: SEEDS,
    figures: Object.fromEntries(figures),
    claims: claims(means),
  };
  writeFileSync(`bench-results/${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
  return means;
}

/** The fraction of examples that a model gets wrong, in percent. */
export function errorOf(model: tf.LayersModel, {x, y}: Digits): number {
  return tf.tidy(() => {
    const misses = tf.notEqual(tf.argMax(model.predict(x, {batchSize: 1000}) as tf.Tensor, -1), tf.argMax(y, -1));
    return 100 * tf.mean(misses).dataSync()[0]!;
  });
}

/** The multiply-adds of a small net in percent of those of the dense net. */
export function multiplyAddsLeft(small: tf.LayersModel, dense: tf.LayersModel): number {
  const [left, all] = [small, dense].map(model => modelCost(model).total.multiplyAdds);
  return (100 * left!) / all!;
}

function row(what: string, values: readonly number[]): string[] {
  const spread = values.length > 1 ? ` ± ${deviation(values).toFixed(2)}` : '';
  return [what, `${mean(values).toFixed(2)}${spread}`, values.map(value => value.toFixed(2)).join(', ')];
}

/** A table for the terminal and for RESULTS.md. */
function markdown([header, ...rows]: readonly (readonly string[])[]): string {
  const widths = header!.map((_, i) => Math.max(...[header!, ...rows].map(cells => cells[i]!.length)));
  const lines = [header!, widths.map(width => '-'.repeat(width)), ...rows];
  return lines.map(cells => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`).join('\n') + '\n';
}
