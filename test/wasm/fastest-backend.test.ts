import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {useFastestBackend} from 'tfjs-pruning/wasm';

const NAMES = ['tensorflow', 'wasm', 'webgl', 'cpu'];
const real = Object.fromEntries(['wasm', 'cpu'].map(name => [name, tf.findBackendFactory(name)]));

/** What loading a package runs; undefined as if it were not installed. */
function onLoad(name: string, load: () => void): void {
  const factory = () => {
    load();
    return {};
  };
  jest.doMock(`@tensorflow/${name}`, factory, {virtual: true});
}

const fail = () => {
  throw new Error('its addon does not load');
};
const registers = (name: string, factory: () => tf.KernelBackend | Promise<tf.KernelBackend>) => () =>
  void tf.registerBackend(name, factory);

/** Nothing is registered, and each package registers the real thing, except tfjs-node, which does not load. */
beforeEach(() => {
  jest.resetModules();
  for (const name of tf.engine().backendNames().concat('tensorflow')) {
    if (NAMES.includes(name) && (tf.findBackendFactory(name) as unknown)) tf.removeBackend(name);
  }
  onLoad('tfjs-node', fail);
  onLoad('tfjs-backend-wasm', registers('wasm', real['wasm']!));
  onLoad('tfjs-backend-cpu', registers('cpu', real['cpu']!));
});

let warn: jest.SpyInstance;
beforeEach(() => (warn = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => jest.restoreAllMocks());

/** The lines of useFastestBackend on the console. */
const said = () => warn.mock.calls.map(([line]) => String(line)).filter(line => line.startsWith('useFastestBackend'));
const missing = (name: string) => () => {
  throw Object.assign(new Error(`Cannot find module '@tensorflow/${name}'`), {code: 'MODULE_NOT_FOUND'});
};

test('wasm, completed, where tfjs-node does not load, and says why', async () => {
  expect(await useFastestBackend()).toBe('wasm');
  expect(said()).toEqual([
    'useFastestBackend: wasm is used, as what is faster does not start. ' +
      '@tensorflow/tfjs-node: its addon does not load.',
  ]);
  expect(tf.getBackend()).toBe('wasm');
  expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeDefined();
});

test('wasm without a word where tfjs-node is not installed', async () => {
  onLoad('tfjs-node', missing('tfjs-node'));
  expect(await useFastestBackend()).toBe('wasm');
  expect(said()).toEqual([]);
});

test('cpu where wasm does not load either, and says what to do', async () => {
  onLoad('tfjs-node', missing('tfjs-node'));
  onLoad('tfjs-backend-wasm', fail);
  expect(await useFastestBackend()).toBe('cpu');
  expect(tf.getBackend()).toBe('cpu');
  expect(said()).toEqual([
    expect.stringMatching(
      'only plain JavaScript starts .*; install and import one of these packages. @tensorflow/tfjs-node: not installed',
    ),
  ]);
});

test('cpu without a word where nothing else is asked for', async () => {
  expect(await useFastestBackend({among: ['cpu']})).toBe('cpu');
  expect(said()).toEqual([]);
});

test('cpu where tfjs-node loads but does not start', async () => {
  onLoad('tfjs-node', registers('tensorflow', fail));
  expect(await useFastestBackend({among: ['tensorflow', 'cpu']})).toBe('cpu');
});

test('tfjs-node where it loads', async () => {
  onLoad('tfjs-node', registers('tensorflow', real['cpu']!));
  expect(await useFastestBackend()).toBe('tensorflow');
  expect(tf.getBackend()).toBe('tensorflow');
});

test('what is registered is not loaded again', async () => {
  const load = jest.fn();
  onLoad('tfjs-backend-wasm', load);
  tf.registerBackend('wasm', real['wasm']!);
  expect(await useFastestBackend()).toBe('wasm');
  expect(load).not.toHaveBeenCalled();
});

test('webgl where it is registered and nothing faster loads', async () => {
  onLoad('tfjs-backend-wasm', fail);
  tf.registerBackend('webgl', real['cpu']!);
  expect(await useFastestBackend()).toBe('webgl');
});

test('an error with all reasons where nothing starts', async () => {
  for (const name of ['tfjs-backend-wasm', 'tfjs-backend-cpu']) onLoad(name, fail);
  const reasons = [
    '@tensorflow/tfjs-backend-wasm: its addon does not load',
    '@tensorflow/tfjs-backend-webgl: not imported',
    '@tensorflow/tfjs-backend-cpu: its addon does not load',
  ];
  await expect(useFastestBackend()).rejects.toThrow(`tfjs-node: its addon does not load; ${reasons.join('; ')}`);
});

test('a package that registers with another copy of tf.js says so', async () => {
  onLoad('tfjs-backend-cpu', () => undefined);
  await expect(useFastestBackend({among: ['cpu']})).rejects.toThrow('another copy of tf.js has it; import the package');
});

test('why a backend does not start is in the error', async () => {
  onLoad(
    'tfjs-backend-wasm',
    registers('wasm', () => Promise.reject(new Error('no such heap'))),
  );
  await expect(useFastestBackend({among: ['wasm']})).rejects.toThrow('did not start: no such heap');
});

test('outside Node nothing is loaded', async () => {
  const {process} = globalThis;
  const load = jest.fn();
  onLoad('tfjs-backend-wasm', load);
  Object.defineProperty(globalThis, 'process', {value: undefined, configurable: true, writable: true});
  try {
    await expect(useFastestBackend({among: ['wasm']})).rejects.toThrow('@tensorflow/tfjs-backend-wasm: not imported');
  } finally {
    Object.defineProperty(globalThis, 'process', {value: process, configurable: true, writable: true});
  }
  expect(load).not.toHaveBeenCalled();
});
