/** Draws the picture of the README from one real run: `npm run bench -- picture`. */
import {mkdirSync, writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {testDigits, trainingDigits} from '../support/mnist.js';
import {seedShuffling} from './support/figures.js';

const EPOCHS = 8;
const BATCH_SIZE = 100;
const STEPS_PER_EPOCH = 60_000 / BATCH_SIZE;
const FINAL_SPARSITY = 0.95;
const FREQUENCY = 100;
const SIDE = 28;

/** The data of the picture: both curves, with a point before each mask update, and the weights left for each pixel. */
interface Run {
  points: {step: number; sparsity: number; accuracy: number}[];
  weightsLeft: number[];
}

/** Trains, prunes and draws. */
export async function main(): Promise<void> {
  mkdirSync('examples/images', {recursive: true});
  writeFileSync('examples/images/lenet-300.svg', draw(await train()));
  console.log('written: examples/images/lenet-300.svg');
}

async function train(): Promise<Run> {
  seedShuffling(1);
  const layer = (units: number, more: object) =>
    tf.layers.dense({units, kernelInitializer: tf.initializers.glorotNormal({seed: 1}), ...more});
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.flatten({inputShape: [SIDE, SIDE, 1]}),
        layer(300, {activation: 'relu', name: 'hidden1'}),
        layer(100, {activation: 'relu'}),
        layer(10, {activation: 'softmax'}),
      ],
    }),
  );
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  const [{x, y}, test] = [trainingDigits(), testDigits()];
  const schedule = polynomialDecay({
    finalSparsity: FINAL_SPARSITY,
    beginStep: STEPS_PER_EPOCH,
    endStep: 6 * STEPS_PER_EPOCH,
    frequency: FREQUENCY,
  });
  const pruning = new GradualPruning({schedule});
  const points: Run['points'] = [];
  const watch = new tf.CustomCallback({
    onBatchEnd: () => {
      if ((pruning.step + 1) % FREQUENCY !== 0 && pruning.step !== EPOCHS * STEPS_PER_EPOCH) return;
      const [loss, accuracy] = model.evaluate(test.x, test.y, {batchSize: 1000}) as [tf.Scalar, tf.Scalar];
      points.push({step: pruning.step, sparsity: pruning.sparsity, accuracy: accuracy.dataSync()[0]!});
      tf.dispose([loss, accuracy]);
    },
  });
  const callbacks = [pruning, watch] as tf.Callback[];
  await model.fit(x, y, {epochs: EPOCHS, batchSize: BATCH_SIZE, verbose: 0, callbacks});

  const kernel = model.getLayer('hidden1').weights[0]!.read();
  const left = tf.tidy(() => tf.sum(tf.cast(tf.notEqual(kernel, 0), 'float32'), 1).dataSync<'float32'>());
  return {points, weightsLeft: [...left]};
}

function draw({points, weightsLeft}: Run): string {
  const last = points.at(-1)!;
  const caption = `${(100 * last.sparsity).toFixed(0)} % zeros, ${(100 * last.accuracy).toFixed(2)} % test accuracy`;
  const text = 'font-family="system-ui, sans-serif" font-size="12"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 330" ${text}>
<rect width="760" height="330" fill="#ffffff"/>
<text x="40" y="24" font-size="14" font-weight="600">LeNet-300-100 on MNIST, pruned while it trains: ${caption}</text>
${curves(points)}
${heatMap(weightsLeft)}
</svg>
`;
}

/** Test accuracy from 90 to 100 % on the left axis, sparsity from 0 to 100 % on the right one. */
function curves(points: Run['points']): string {
  const [left, top, width, height] = [48, 48, 350, 230];
  const steps = EPOCHS * STEPS_PER_EPOCH;
  const line = (color: string, fraction: (point: Run['points'][number]) => number) => {
    const path = points.map(point => `${at(left, width, point.step / steps)},${at(top, height, 1 - fraction(point))}`);
    return `<polyline fill="none" stroke="${color}" stroke-width="2" points="${path.join(' ')}"/>`;
  };
  const end = 'text-anchor="end"';
  const caption = `${steps.toLocaleString('en-US')} steps of training`;
  const labels = [0, 0.5, 1].map(
    part =>
      `<text x="${left - 6}" y="${at(top, height, 1 - part) + 4}" ${end} fill="#1f6feb">${90 + 10 * part} %</text>
<text x="${left + width + 6}" y="${at(top, height, 1 - part) + 4}" fill="#cf222e">${100 * part} %</text>
<line x1="${left}" x2="${left + width}" y1="${at(top, height, part)}" y2="${at(top, height, part)}" stroke="#d0d7de"/>`,
  );
  return `${labels.join('\n')}
${line('#1f6feb', ({accuracy}) => Math.max(0, (accuracy - 0.9) / 0.1))}
${line('#cf222e', ({sparsity}) => sparsity)}
<text x="${left}" y="${top + height + 20}" fill="#1f6feb">test accuracy before each mask update</text>
<text x="${left + width}" y="${top + height + 20}" text-anchor="end" fill="#cf222e">sparsity</text>
<text x="${left + width / 2}" y="${top + height + 38}" text-anchor="middle" fill="#57606a">${caption}</text>`;
}

/** One square per pixel, darker the more of its 300 weights are left. */
function heatMap(weightsLeft: readonly number[]): string {
  const [left, top, cell] = [490, 48, 8.2];
  const most = Math.max(...weightsLeft);
  const squares = weightsLeft.map((count, pixel) => {
    const [x, y] = [left + (pixel % SIDE) * cell, top + Math.floor(pixel / SIDE) * cell];
    const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${cell}" height="${cell}"`;
    return `<rect ${place} fill="#0a3069" fill-opacity="${(count / most).toFixed(2)}"/>`;
  });
  const size = SIDE * cell;
  return `${squares.join('\n')}
<rect x="${left}" y="${top}" width="${size}" height="${size}" fill="none" stroke="#d0d7de"/>
<text x="${left}" y="${top + size + 20}" fill="#0a3069">weights left per input pixel: 0 to ${most} of 300</text>`;
}

function at(start: number, length: number, fraction: number): number {
  return Math.round(10 * (start + length * fraction)) / 10;
}
