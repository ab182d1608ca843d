/** Checks that as many tensors and bytes exist after batch 10 as after batch 1000 of one `fit`. */
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {report} from './support/figures.js';

/** Runs the check. */
export async function main(): Promise<void> {
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.conv2d({filters: 4, kernelSize: 3, inputShape: [12, 12, 1]}),
        tf.layers.batchNormalization(),
        tf.layers.maxPooling2d({poolSize: 2}),
        tf.layers.flatten(),
        tf.layers.dense({units: 10, activation: 'softmax'}),
      ],
    }),
  );
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
  const seen: tf.MemoryInfo[] = [];
  const record = new tf.CustomCallback({onBatchEnd: () => void seen.push(tf.memory())});
  const pruning = new GradualPruning({schedule: polynomialDecay({finalSparsity: 0.9, endStep: 990, frequency: 10})});
  await model.fit(tf.randomNormal([4000, 12, 12, 1]), tf.zeros([4000, 10]), {
    batchSize: 4,
    verbose: 0,
    callbacks: [pruning, record] as tf.Callback[],
  });
  const [early, late] = [seen[9]!, seen[999]!];
  report('memory', [
    {
      what: 'tensors after batch 1000 minus after batch 10',
      value: late.numTensors - early.numTensors,
      unit: '',
      target: 0,
    },
    {
      what: 'bytes after batch 1000 minus after batch 10',
      value: late.numBytes - early.numBytes,
      unit: '',
      target: 0,
    },
  ]);
}
