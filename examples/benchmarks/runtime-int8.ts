/**
 * The runtime in int8 beside floats, at the same masks: `npm run bench -- runtime-int8`. Node 20 has relaxed SIMD only
 * with a flag: `node --experimental-wasm-relaxed-simd --import tsx examples/benchmarks/run.ts runtime-int8`.
 * Some nets by `RUNTIME_NETS`, what each layer takes by `RUNTIME_LAYERS=1`; the largest net only if it is named.
 */
import * as tf from '@tensorflow/tfjs';
import {inputBlocks, type WeightStructure, weights} from 'tfjs-pruning';
import {compile, formatRuntimeReport} from 'tfjs-pruning/runtime';
import {interleaved, median, medianRatio, report, type Figure} from './support/figures.js';
import {perCall, prune, randomInput, SUBJECTS, type Subject} from './support/runtime-subjects.js';

const MASKS: readonly (readonly [name: string, sparsity: number, structure: WeightStructure])[] = [
  ['0 %', 0, weights()],
  ['80 %', 0.8, weights()],
  ['90 %', 0.9, weights()],
  ['80 % in blocks of 4 inputs', 0.8, inputBlocks(4)],
  ['90 % in blocks of 4 inputs', 0.9, inputBlocks(4)],
];
/** So many runs before any is timed: V8 compiles what it has seen often enough anew. */
const WARM_UP = 500;
/** Examples to calibrate with. */
const EXAMPLES = 16;

async function compare({name, net}: Subject, figures: Figure[]): Promise<void> {
  for (const [mask, sparsity, structure] of MASKS) {
    const model = net();
    prune(model, sparsity, structure);
    const x = randomInput(model, EXAMPLES);
    const calibration = x.dataSync<'float32'>();
    const numbers = calibration.subarray(0, calibration.length / EXAMPLES);
    const floats = await compile(model);
    const bytes = await compile(model, {precision: 'int8', calibration});
    for (let i = 0; i < WARM_UP; i++) [floats, bytes].forEach(fast => fast.run(numbers));
    const contenders = {floats: perCall(() => floats.run(numbers)), bytes: perCall(() => bytes.run(numbers))};
    const times = await interleaved(contenders, {rounds: 11, warmUp: 4});
    const what = `${name}, ${mask}`;
    figures.push({what: `${what}: int8`, value: 1000 * median(times.bytes), unit: 'us'});
    figures.push({what: `${what}: floats`, value: 1000 * median(times.floats), unit: 'us'});
    figures.push({what: `${what}: floats / int8`, value: medianRatio(times.floats, times.bytes), unit: ''});
    if (process.env['RUNTIME_LAYERS']) console.log(formatRuntimeReport(bytes.report({measure: true})));
    floats.dispose();
    bytes.dispose();
    tf.dispose([x, model.weights.map(weight => weight.read())]);
  }
}

/** Runs the comparison. */
export async function main(): Promise<void> {
  const named = process.env['RUNTIME_NETS'];
  const wanted = SUBJECTS.filter(({name}) => (named ? name.startsWith(named) : !name.includes('224')));
  const figures: Figure[] = [];
  for (const subject of wanted) await compare(subject, figures);
  report('runtime-int8', figures);
}
