import * as tf from '@tensorflow/tfjs-core';
import type {Sequential} from '@tensorflow/tfjs-layers';
import {compile} from 'tfjs-pruning/runtime';
import type {Report, RunName, Speeds} from '../protocol.js';
import {brightness, images, someOf, type Digits} from './digits.js';
import {otherTasks} from './event-loop.js';

/** Reads one digit: the probability of each answer. */
type Run = (pixels: Float32Array) => Float32Array;

/** What reads digits, one at a time, in all ways that are compared. */
export interface Runs {
  readonly runs: Readonly<Record<RunName, Run>>;
  dispose(): void;
}

const TURN_MS = 50;
const ROUNDS_A_REPORT = 4;
const DIGITS = 200;

export async function newRuns(dense: Sequential, pruned: Sequential): Promise<Runs> {
  const fast = await compile(pruned);
  const predict = (model: Sequential) => (pixels: Float32Array) =>
    tf.tidy(() => (model.predict(images(pixels)) as tf.Tensor).dataSync<'float32'>());
  const runs = {dense: predict(dense), pruned: predict(pruned), compiled: (pixels: Float32Array) => fast.run(pixels)};
  return {runs, dispose: () => fast.dispose()};
}

/** Lets all read in turns, until it is told to stop, and reports how many digits a second each has read. */
export async function measureSpeeds(
  {runs}: Runs,
  digits: Digits,
  {signal, report}: {readonly signal: AbortSignal; readonly report: (report: Report) => void},
): Promise<void> {
  const pictures = picturesOf(digits);
  const turns = Object.entries(runs).map(([name, run]) => [name, turnOf(run, pictures)] as const);
  for (const [, turn] of turns) turn(); // warm-up
  const totals = new Map(turns.map(([name]) => [name, {read: 0, seconds: 0}]));
  for (let round = 1; !signal.aborted; round++) {
    for (const [name, turn] of turns) {
      const [total, {read, seconds}] = [totals.get(name)!, turn()];
      totals.set(name, {read: total.read + read, seconds: total.seconds + seconds});
      await otherTasks();
    }
    if (round % ROUNDS_A_REPORT > 0) continue;
    const speeds = Object.fromEntries([...totals].map(([name, {read, seconds}]) => [name, read / seconds]));
    report({type: 'speeds', speeds: speeds as unknown as Speeds});
  }
}

function picturesOf(digits: Digits): Float32Array[] {
  const count = Math.min(DIGITS, digits.labels.length);
  return Array.from({length: count}, (_, i) => brightness(someOf(digits, i, i + 1).pixels));
}

/** Reads digit after digit for a while. */
function turnOf(run: Run, pictures: readonly Float32Array[]) {
  let next = 0;
  return () => {
    const start = performance.now();
    let [read, elapsed] = [0, 0];
    while (elapsed < TURN_MS) {
      run(pictures[next++ % pictures.length]!);
      read++;
      elapsed = performance.now() - start;
    }
    return {read, seconds: elapsed / 1000};
  };
}
