import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {GradualPruning, SparsityLogger} from 'tfjs-pruning/callbacks';
import {oneShot} from 'tfjs-pruning/schedules';

async function train(model: tf.Sequential, callbacks: tf.Callback[]): Promise<void> {
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['mae']});
  await model.fit(tf.zeros([4, 3]), tf.zeros([4, 2]), {epochs: 2, verbose: 0, callbacks});
}
const net = () => tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3]})]});

test('prints a readable line an epoch, and writes JSON lines when asked', async () => {
  const [lines, json]: [string[], string[]] = [[], []];
  const logger = new SparsityLogger({print: line => lines.push(line), jsonLines: line => json.push(line)});
  await train(prunable(net()), [new GradualPruning({schedule: oneShot({targetSparsity: 0.5})}), logger]);
  expect(lines).toEqual([
    'epoch 1/2  loss 0.0000  mae 0.0000  sparsity 0.500  (3 of 6 weights zero)',
    'epoch 2/2  loss 0.0000  mae 0.0000  sparsity 0.500  (3 of 6 weights zero)',
  ]);
  expect(json.map(line => JSON.parse(line) as unknown)).toEqual(
    [1, 2].map(epoch => ({epoch, loss: 0, mae: 0, sparsity: 0.5, weights: 6, zeros: 3})),
  );
});

test('prints to the console unless told otherwise, and only the metrics of a plain model', async () => {
  const log = jest.spyOn(console, 'log').mockImplementation();
  await train(net(), [new SparsityLogger()]);
  await train(net(), [new SparsityLogger({print: null})]);
  expect(log.mock.calls.flat()).toEqual(['epoch 1/2  loss 0.0000  mae 0.0000', 'epoch 2/2  loss 0.0000  mae 0.0000']);
  log.mockRestore();
});

test('waits for what a listener promises, and fails with it', async () => {
  const written: number[] = [];
  const late = (line: string) =>
    new Promise<void>(resolve =>
      setTimeout(() => {
        written.push((JSON.parse(line) as {epoch: number}).epoch);
        resolve();
      }, 5),
    );
  await train(net(), [new SparsityLogger({print: null, jsonLines: late})]);
  expect(written).toEqual([1, 2]);
  const full = () => Promise.reject(new Error('disk full'));
  await expect(train(net(), [new SparsityLogger({print: full})])).rejects.toThrow('disk full');
});

test('refuses what is no function, and options that it does not have', () => {
  expect(() => new SparsityLogger({print: 'stdout' as never})).toThrow(
    /`print` to be a function that takes a line, got "stdout"/,
  );
  expect(() => new SparsityLogger({jsonLines: 'run.jsonl' as never})).toThrow(/`jsonLines` to be a function/);
  expect(() => new SparsityLogger({file: 'x'} as never)).toThrow(/has no option `file`/);
});
