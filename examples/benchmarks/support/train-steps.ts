/**
 * A process that trains on one backend, named on the command line. It answers each message, a net and a number of
 * steps, with the milliseconds per step or an error.
 */
import * as tf from '@tensorflow/tfjs';
import {FusedAdam, startWasm, useFastestBackend} from 'tfjs-pruning/wasm';
import {NETS, type Net} from './nets.js';

/** A question, and its answer. */
export interface Request {
  net: Net;
  steps: number;
}
export type Answer = {milliseconds: number} | {error: string};

const BATCH_SIZE = 64;

const starts: Record<string, () => Promise<unknown>> = {
  cpu: () => useFastestBackend({among: ['cpu']}),
  'stock wasm': async () => {
    await import('@tensorflow/tfjs-backend-wasm');
    await tf.setBackend('wasm');
  },
  composed: async () => {
    await startWasm({kernels: 'composed'});
  },
  compiled: () => useFastestBackend({among: ['wasm']}),
  'compiled, FusedAdam': () => useFastestBackend({among: ['wasm']}),
  'tfjs-node': () => useFastestBackend({among: ['tensorflow']}),
};

const contender = process.argv[2]!;
const started = starts[contender]!();
const trained = new Map<Net, () => Promise<void>>();

function stepOf(net: Net): () => Promise<void> {
  const model = NETS[net]();
  const optimizer = contender.endsWith('FusedAdam') ? new FusedAdam() : 'adam';
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  const x = tf.randomUniform([BATCH_SIZE, ...model.inputs[0]!.shape.slice(1).map(Number)]);
  const y = tf.oneHot(tf.randomUniform([BATCH_SIZE], 0, 10, 'int32'), 10).toFloat();
  return async () => void (await model.trainOnBatch(x, y));
}

async function answer({net, steps}: Request): Promise<Answer> {
  await started;
  let step = trained.get(net);
  if (!step) trained.set(net, (step = stepOf(net)));
  const start = performance.now();
  for (let i = 0; i < steps; i++) await step();
  return {milliseconds: (performance.now() - start) / steps};
}

process.on('message', (request: Request) => {
  void answer(request)
    .catch((error: unknown) => ({error: String(error).split('\n')[0]!.slice(0, 120)}))
    .then(message => process.send!(message));
});
