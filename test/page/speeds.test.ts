import * as tf from '@tensorflow/tfjs';
import {pruneOnce, stripPruning} from 'tfjs-pruning';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {NETS, type Net} from '../../examples/page/choices.js';
import type {Speeds} from '../../examples/page/protocol.js';
import {measureSpeeds, newRuns} from '../../examples/page/training/speeds.js';
import {newTwins} from '../../examples/page/training/twins.js';
import {relativeError} from '../wasm/against-cpu.js';

beforeAll(() => useFastestBackend({among: ['wasm']}));

const noise = Uint8Array.from({length: 784 * 3}, (_, i) => (i * 7919) % 251);
const digits = {labels: Uint8Array.of(1, 2, 3), pixels: noise};

async function runsOf(net: Net) {
  const {dense, sparse} = newTwins(net);
  await pruneOnce(sparse, {sparsity: 0.9});
  return newRuns(dense, stripPruning(sparse));
}

test.each(Object.keys(NETS) as Net[])('%s answers compiled as by predict, and not as the dense one', async net => {
  const {runs, ...others} = await runsOf(net);
  const pixels = Float32Array.from(noise.subarray(0, 784), pixel => pixel / 255);
  const pruned = runs.pruned(pixels);
  expect(relativeError(runs.compiled(pixels), pruned)).toBeLessThan(1e-4);
  expect(relativeError(runs.dense(pixels), pruned)).toBeGreaterThan(1e-2);
  others.dispose();
});

test('measures until it is stopped, and leaves no tensor', async () => {
  const runs = await runsOf('lenet300');
  const tensors = tf.memory().numTensors;
  const stop = new AbortController();
  const said: Speeds[] = [];
  await measureSpeeds(runs, digits, {
    signal: stop.signal,
    report: report => {
      if (report.type === 'speeds') said.push(report.speeds);
      if (said.length === 2) stop.abort();
    },
  });
  expect(said).toHaveLength(2);
  for (const speeds of said) {
    expect(Object.keys(speeds)).toEqual(['dense', 'pruned', 'compiled']);
    expect(Math.min(...Object.values(speeds))).toBeGreaterThan(0);
  }
  expect(tf.memory().numTensors).toBe(tensors);
  runs.dispose();
});
