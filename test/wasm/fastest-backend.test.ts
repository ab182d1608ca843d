import * as tf from '@tensorflow/tfjs';
import {useFastestBackend} from 'tfjs-pruning/wasm';

/** Lets the import of a package run `load` instead; what it throws, the import throws. */
function onImport(name: string, load: () => void): void {
  const factory = () => {
    load();
    return {};
  };
  jest.doMock(name, factory, {virtual: true});
}

const broken = () => {
  throw new Error('its addon does not load');
};

beforeAll(() => {
  // The real one, where the tests run with tfjs-node.
  if (tf.engine().backendNames().includes('tensorflow')) tf.removeBackend('tensorflow');
});

afterEach(() => jest.restoreAllMocks());

test('wasm, completed, where tfjs-node does not load', async () => {
  onImport('@tensorflow/tfjs-node', broken);
  expect(await useFastestBackend()).toBe('wasm');
  expect(tf.getBackend()).toBe('wasm');
  expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeDefined();
});

test('cpu where wasm does not load either', async () => {
  onImport('@tensorflow/tfjs-node', broken);
  onImport('@tensorflow/tfjs-backend-wasm', broken);
  expect(await useFastestBackend()).toBe('cpu');
  expect(tf.getBackend()).toBe('cpu');
});

test('cpu where tfjs-node loads but does not start', async () => {
  jest.spyOn(console, 'warn').mockImplementation();
  onImport('@tensorflow/tfjs-node', () => tf.registerBackend('tensorflow', broken));
  expect(await useFastestBackend()).toBe('cpu');
  tf.removeBackend('tensorflow');
});

test('an error with all reasons where nothing loads', async () => {
  for (const name of ['tfjs-node', 'tfjs-backend-wasm', 'tfjs-backend-cpu']) onImport(`@tensorflow/${name}`, broken);
  const reason = '@tensorflow/tfjs-backend-cpu: its addon does not load';
  await expect(useFastestBackend()).rejects.toThrow(reason);
});

test('tfjs-node where it loads', async () => {
  jest.resetModules();
  const tensorflow = tf.findBackendFactory('cpu');
  onImport('@tensorflow/tfjs-node', () => tf.registerBackend('tensorflow', tensorflow));
  expect(await useFastestBackend()).toBe('tensorflow');
  expect(tf.getBackend()).toBe('tensorflow');
});
