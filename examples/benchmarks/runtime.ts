/**
 * Sparse inference: `compile(model).run` beside `model.predict`, by sparsity. `npm run bench -- runtime`, or only some
 * nets: `RUNTIME_NETS=LeNet npm run bench -- runtime`. With `RUNTIME_LAYERS=1` what each layer takes, too.
 */
import * as tf from '@tensorflow/tfjs';
import {compile, formatRuntimeReport, type CompiledModel} from 'tfjs-pruning/runtime';
import {interleaved, median, medianRatio, report, type Figure} from './support/figures.js';
import {perCall, prune, randomInput, SUBJECTS, type Subject} from './support/runtime-subjects.js';

const SPARSITIES = [0, 0.5, 0.8, 0.9, 0.95];
const BATCHES = [1, 8];
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
