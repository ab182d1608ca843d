/** `compile(model).run` beside `model.predict`, by sparsity; in Node or in a page. */
import * as tf from '@tensorflow/tfjs';
import {compile, formatRuntimeReport, type CompiledModel, type MachineKind} from 'tfjs-pruning/runtime';
import {median} from '../../../src/math/median.js';
import type {Figure} from './figures.js';
import {NETS} from './nets.js';
import {interleaved, medianRatio} from './rounds.js';
import {mobilenetV2} from './surgery-nets.js';

const SPARSITIES = [0, 0.5, 0.8, 0.9, 0.95];
const BATCHES = [1, 8];
/** A timed round takes at least so many milliseconds. */
const ROUND_MS = 8;

interface Subject {
  readonly net: () => tf.LayersModel;
  readonly batches?: readonly number[];
}

const SUBJECTS: Readonly<Record<string, Subject>> = {
  'LeNet-300-100': {net: NETS['LeNet-300-100']},
  'LeNet-5': {net: NETS['LeNet-5']},
  'ResNet-20': {net: NETS['ResNet-20-like']},
  'MobileNetV2 0.35, 96 x 96': {
    net: () => mobilenetV2({seed: 1, inputShape: [96, 96, 3], width: 0.35, classes: 1000}),
  },
  'MobileNetV2 1.0, 224 x 224': {
    net: () => mobilenetV2({seed: 1, inputShape: [224, 224, 3], classes: 1000}),
    batches: [1],
  },
};

/** The names of the nets that begin so. */
export function netsNamed(beginning = ''): string[] {
  return Object.keys(SUBJECTS).filter(name => name.startsWith(beginning));
}

/** What was measured of a net, by what machine, and a table of each compiled model. */
export interface Comparison {
  readonly machine: MachineKind;
  readonly figures: Figure[];
  readonly tables: string[];
}

/** Compares on one net, by a clock in milliseconds. With `layers` the tables say what each layer takes, too. */
export async function compareOn(name: string, clock: () => number, layers = false): Promise<Comparison> {
  const {net, batches = BATCHES} = SUBJECTS[name]!;
  const [figures, tables]: [Figure[], string[]] = [[], []];
  let machine: MachineKind = 'SIMD';
  for (const batch of batches) {
    const model = net();
    const x = randomInput(model, batch);
    const numbers = x.dataSync<'float32'>();
    for (const sparsity of SPARSITIES) {
      prune(model, sparsity);
      const fast = await compile(model, {batch});
      expectSame(model, x, fast, numbers);
      const predict = () => {
        const output = model.predict(x, {batchSize: batch}) as tf.Tensor;
        output.dataSync();
        output.dispose();
      };
      const contenders = {predict: perCall(predict, clock), run: perCall(() => fast.run(numbers), clock)};
      const times = await interleaved(contenders, {rounds: 11, warmUp: 4});
      const what = `${name}, batch ${batch}, ${100 * sparsity} %`;
      figures.push({what: `${what}: run`, value: 1000 * median(times.run), unit: 'us'});
      figures.push({what: `${what}: predict / run`, value: medianRatio(times.predict, times.run), unit: ''});
      const runtimeReport = fast.report({measure: layers});
      ({machine} = runtimeReport);
      tables.push(`${what}\n${formatRuntimeReport(runtimeReport)}`);
      fast.dispose();
    }
    tf.dispose([x, model.weights.map(weight => weight.read())]);
  }
  return {machine, figures, tables};
}

/** Makes the smallest weights of each kernel zero, but for depthwise ones and that of the image. */
function prune(model: tf.LayersModel, sparsity: number): void {
  for (const {originalName, shape} of model.weights) {
    if (shape.length < 2 || originalName.includes('depthwise') || shape.at(-2) === 3) continue;
    const weight = model.weights.find(other => other.originalName === originalName)!;
    const values = weight.read().dataSync<'float32'>().slice();
    const threshold = values.map(Math.abs).sort()[Math.floor(sparsity * values.length)]!;
    const pruned = values.map(value => (Math.abs(value) < threshold ? 0 : value));
    const tensor = tf.tensor(pruned, shape as number[]);
    weight.write(tensor);
    tensor.dispose();
  }
}

/** The milliseconds for one of as many calls as fill a round. */
function perCall(call: () => void, clock: () => number): () => number {
  let calls = 1;
  return () => {
    for (;;) {
      const start = clock();
      for (let i = 0; i < calls; i++) call();
      const elapsed = clock() - start;
      if (elapsed >= ROUND_MS || calls > 1e6) return elapsed / calls;
      calls *= 2;
    }
  };
}

function randomInput(model: tf.LayersModel, batch: number): tf.Tensor {
  const shape = [batch, ...(model.inputs[0]!.shape.slice(1) as number[])];
  return tf.randomUniform(shape, -0.5, 0.5, 'float32', 1);
}

function expectSame(model: tf.LayersModel, x: tf.Tensor, fast: CompiledModel, numbers: Float32Array): void {
  const expected = tf.tidy(() => (model.predict(x) as tf.Tensor).dataSync<'float32'>());
  const scale = Math.max(...expected.map(Math.abs));
  const error = Math.max(...fast.run(numbers).map((value, i) => Math.abs(value - expected[i]!)));
  const tolerance = fast.report().machine === 'relaxed SIMD' ? 5e-4 : 1e-4;
  if (!(error <= tolerance * scale)) throw new Error(`Expected the outputs of predict, got a difference of ${error}`);
}
