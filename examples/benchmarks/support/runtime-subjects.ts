/** What the benchmarks of the runtime have in common: nets, masks, and times of calls. */
import * as tf from '@tensorflow/tfjs';
import {weights, type WeightStructure} from 'tfjs-pruning';
import {seededRandom} from './figures.js';
import {NETS} from './nets.js';
import {mobilenetV2} from './surgery-nets.js';

/** A timed round takes at least so many milliseconds. */
const ROUND_MS = 8;

/** A net, and the batches that it is measured with. */
export interface Subject {
  readonly name: string;
  readonly net: () => tf.LayersModel;
  readonly batches?: readonly number[];
}

export const SUBJECTS: readonly Subject[] = [
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

/** Makes the smallest groups of weights of each kernel zero, but for depthwise ones and that of the image. */
export function prune(model: tf.LayersModel, sparsity: number, structure: WeightStructure = weights()): void {
  for (const weight of model.weights) {
    const {originalName, shape} = weight;
    if (shape.length < 2 || originalName.includes('depthwise') || shape.at(-2) === 3) continue;
    const rank = shape.length;
    const layout = {
      name: originalName,
      shape: shape as number[],
      inputAxes: [rank - 2],
      outputAxes: [rank - 1],
      gates: 1,
    };
    const values = weight.read().dataSync<'float32'>().slice();
    const scores = structure.pool(values.map(Math.abs), layout);
    const threshold = scores.slice().sort()[Math.floor(sparsity * scores.length)]!;
    const mask = structure.spread(
      Uint8Array.from(scores, score => Number(score >= threshold)),
      layout,
    );
    const tensor = tf.tensor(
      values.map((value, i) => value * mask[i]!),
      layout.shape,
    );
    weight.write(tensor);
    tensor.dispose();
  }
}

/** The milliseconds of the processor for one of as many calls as fill a round. Others may use the machine, too. */
export function perCall(call: () => void): () => number {
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

/** Random numbers for the input of a model. */
export function randomInput(model: tf.LayersModel, batch: number): tf.Tensor {
  const shape = [batch, ...(model.inputs[0]!.shape.slice(1) as number[])];
  const random = seededRandom(1);
  return tf.tensor(
    Array.from({length: tf.util.sizeFromShape(shape)}, () => random() - 0.5),
    shape,
  );
}
