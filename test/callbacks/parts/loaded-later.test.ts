import * as tf from '@tensorflow/tfjs';
import {BackupAndRestore} from '../../../callbacks/backup-and-restore.js';
import {GradualPruning, type GradualPruningArgs} from '../../../callbacks/gradual-pruning.js';
import {taylor} from '../../../src/criteria/taylor.js';
import {prunable} from '../../../src/layers/prunable.js';
import {MemoryPlace} from '../../support/memory-place.js';

const mockLoaded: string[] = [];

function mockNoted(file: string): unknown {
  mockLoaded.push(file);
  return jest.requireActual(`../../../callbacks/parts/${file}.js`);
}

jest.mock('../../../callbacks/parts/state-keeper.js', () => mockNoted('state-keeper'));
jest.mock('../../../callbacks/parts/observation-window.js', () => mockNoted('observation-window'));

function net(): tf.Sequential {
  const model = prunable(tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [2]})]}));
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

async function train(args: Partial<GradualPruningArgs>): Promise<void> {
  const callbacks = [new GradualPruning({sparsity: 0.5, ...args})];
  await net().fit(tf.ones([4, 2]), tf.ones([4, 2]), {epochs: 10, verbose: 0, callbacks});
}

test('states and observers are loaded by who needs them, before the training', async () => {
  await train({});
  expect(mockLoaded).toEqual([]);
  await train({criterion: taylor()});
  expect(mockLoaded).toEqual(['observation-window']);
  await new BackupAndRestore(new MemoryPlace()).restore(net, [new GradualPruning({sparsity: 0.5})]);
  expect(mockLoaded).toEqual(['observation-window', 'state-keeper']);
});
