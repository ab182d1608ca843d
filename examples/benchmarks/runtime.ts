/**
 * Sparse inference: `compile(model).run` beside `model.predict`, by sparsity. `npm run bench -- runtime`, or only some
 * nets: `RUNTIME_NETS=LeNet npm run bench -- runtime`. With `RUNTIME_LAYERS=1` what each layer takes, too.
 */
import * as tf from '@tensorflow/tfjs';
import {compile, formatRuntimeReport, type CompiledModel} from 'tfjs-pruning/runtime';
import {interleaved, median, medianRatio, report, seededRandom, type Figure} from './support/figures.js';
import {NETS} from './support/nets.js';
import {mobilenetV2} from './support/surgery-nets.js';

const SPARSITIES = [0, 0.5, 0.8, 0.9, 0.95];
const BATCHES = [1, 8];
/** A timed round takes at least so many milliseconds. */
const ROUND_MS = 8;

interface Subject {
  readonly name: string;
  readonly net: () => tf.LayersModel;
  readonly batches?: readonly number[];
}

const SUBJECTS: readonly Subject[] = [
  {name: 'LeNet-300-100', net: NETS['LeNet-300-100']},
  {name: 'LeNet-5', net: NETS['LeNet-5']},
  {name: 'ResNet-20', net: NETS['ResNet-20-like']},
  {
    name: 'MobileNetV2 0.35, 96 x 96',
    net: () => mobilenetV2({seed: 1, inputShape: [96, 96, 3], width: 0.35, classes: 1000}),
  },
  {
    name: 'MobileNetV2 1.0, 224 x 224',
    net: () => mobilenetV2({seed: 1, inputShape: [224, 224, 3], classes: 1000}),
    batches: [1],
  },
];

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

/** The milliseconds of the processor for one of as many calls as fill a round. Others may use the machine, too. */
function perCall(call: () => void): () => number {
  let calls = 1;
  return () => {
    for (;;) {
      const start = process.cpuUsage();
      for (let i = 0; i < calls; i++) call();
      const elapsed = process.cpuUsage(start).user / 1000;
      if (elapsed >= ROUND_MS || calls > 1e6) return elapsed / calls;
      calls *= 2;
    }
  };
}

async function compare({name, net, batches = BATCHES}: Subject, figures: Figure[]): Promise<void> {
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
      const contenders = {predict: perCall(predict), run: perCall(() => fast.run(numbers))};
      const times = await interleaved(contenders, {rounds: 11, warmUp: 4});
      const what = `${name}, batch ${batch}, ${100 * sparsity} %`;
      figures.push({what: `${what}: run`, value: 1000 * median(times.run), unit: 'us'});
      figures.push({what: `${what}: predict / run`, value: medianRatio(times.predict, times.run), unit: ''});
      if (process.env['RUNTIME_LAYERS']) console.log(formatRuntimeReport(fast.report({measure: true})));
      fast.dispose();
    }
    tf.dispose([x, model.weights.map(weight => weight.read())]);
  }
}

function randomInput(model: tf.LayersModel, batch: number): tf.Tensor {
  const shape = [batch, ...(model.inputs[0]!.shape.slice(1) as number[])];
  const random = seededRandom(1);
  return tf.tensor(
    Array.from({length: tf.util.sizeFromShape(shape)}, () => random() - 0.5),
    shape,
  );
}

function expectSame(model: tf.LayersModel, x: tf.Tensor, fast: CompiledModel, numbers: Float32Array): void {
  const expected = tf.tidy(() => (model.predict(x) as tf.Tensor).dataSync<'float32'>());
  const scale = Math.max(...expected.map(Math.abs));
  const error = Math.max(...fast.run(numbers).map((value, i) => Math.abs(value - expected[i]!)));
  if (!(error <= 1e-4 * scale)) throw new Error(`Expected the outputs of predict, got a difference of ${error}`);
}

/** Runs the comparison. */
export async function main(): Promise<void> {
  const wanted = SUBJECTS.filter(({name}) => name.startsWith(process.env['RUNTIME_NETS'] ?? ''));
  const figures: Figure[] = [];
  for (const subject of wanted) await compare(subject, figures);
  report('runtime', figures);
}
