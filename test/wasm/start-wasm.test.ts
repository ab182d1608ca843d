import {dirname} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import omit from 'lodash/omit.js';
import {startWasm} from 'tfjs-pruning/wasm';

const entry = tf.engine().registryFactory['wasm']!;
const real = entry.factory;
const FLAG = 'WASM_HAS_MULTITHREAD_SUPPORT';

const files = {
  'tfjs-backend-wasm.wasm': '/a.wasm',
  'tfjs-backend-wasm-simd.wasm': '/b.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm': '/c.wasm',
};

/** Has the backend start anew, by another factory. */
function onStart(factory: () => Promise<tf.KernelBackend>): void {
  if (tf.engine().registry['wasm']) tf.removeBackend('wasm');
  else delete tf.engine().registryFactory['wasm'];
  tf.registerBackend('wasm', factory);
}

/** What computes kernels by default, on all machines with SIMD. */
const kernels = 'simd';

const threaded = () => tf.env().getBool(FLAG);
const answer = (body: string, init?: ResponseInit) =>
  jest.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(new Response(body, init)));

beforeEach(() => {
  jest.spyOn(console, 'warn').mockImplementation();
  tf.env().set(FLAG, false);
  onStart(real as () => Promise<tf.KernelBackend>);
});

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

test('starts the backend, complete for training, and says which build it is', async () => {
  expect(await startWasm()).toEqual({build: 'simd', threads: 1, kernels});
  expect(tf.getBackend()).toBe('wasm');
  expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeDefined();
  expect(console.warn).not.toHaveBeenCalled();
});

test('a backend that runs is set and keeps its tensors', async () => {
  await startWasm();
  const kept = tf.tensor1d([1, 2]);
  await tf.setBackend('cpu');
  expect(await startWasm({threads: 3})).toEqual({build: 'simd', threads: 1, kernels});
  expect(tf.getBackend()).toBe('wasm');
  expect(Array.from(kept.dataSync())).toEqual([1, 2]);
});

test('other kernels are taken in a backend that runs', async () => {
  await startWasm();
  expect(await startWasm({kernels: 'composed'})).toEqual({build: 'simd', threads: 1, kernels: 'composed'});
  expect(await startWasm()).toMatchObject({kernels: 'composed'});
  expect(await startWasm({kernels})).toMatchObject({kernels});
});

test('kernels that were asked for and cannot be compiled are an error, not composed in silence', async () => {
  jest.spyOn(WebAssembly, 'Module').mockImplementationOnce(() => {
    throw new RangeError('larger than 4 kB');
  });
  await expect(startWasm({kernels: 'simd'})).rejects.toThrow('Expected simd kernels, which could not be compiled');
});

test('two calls at once start one backend', async () => {
  const factory = jest.fn(real as () => Promise<tf.KernelBackend>);
  onStart(factory);
  expect(await Promise.all([startWasm(), startWasm()])).toHaveLength(2);
  expect(factory).toHaveBeenCalledTimes(1);
});

test('where threads hang, goes on with one after the deadline, and drops what comes late', async () => {
  let late!: (backend: tf.KernelBackend) => void;
  onStart(() => (threaded() ? new Promise(resolve => (late = resolve)) : (real() as Promise<tf.KernelBackend>)));
  tf.env().set(FLAG, true);
  jest.useFakeTimers({doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate']});
  const start = startWasm();
  await new Promise(setImmediate);
  jest.advanceTimersByTime(20_000);
  jest.useRealTimers();
  expect(await start).toEqual({build: 'simd', threads: 1, kernels});
  expect(console.warn).toHaveBeenCalledWith(expect.stringContaining('not started after 20 s'));

  const dispose = jest.fn();
  late({dispose} as unknown as tf.KernelBackend);
  await new Promise(setImmediate);
  expect(dispose).toHaveBeenCalledTimes(1);
  expect(tf.getBackend()).toBe('wasm');
});

test('where the build with threads fails, goes on with one', async () => {
  onStart(() => (threaded() ? Promise.reject(new Error('no memory')) : (real() as Promise<tf.KernelBackend>)));
  tf.env().set(FLAG, true);
  expect(await startWasm()).toEqual({build: 'simd', threads: 1, kernels});
  expect(console.warn).toHaveBeenCalledWith(expect.stringMatching(/startWasm: the build with threads .*no memory/));
});

test('one thread is not tried with the build for several', async () => {
  const flags: boolean[] = [];
  onStart(() => {
    flags.push(threaded());
    return real() as Promise<tf.KernelBackend>;
  });
  tf.env().set(FLAG, true);
  await startWasm({threads: 1});
  expect(flags).toEqual([false]);
});

/** The wasm backend rejects with a plain object. */
const fails = () => Promise.reject(Object.create({message: 'Make sure the server can serve'}) as Error);

test.each([
  [
    {status: 404, statusText: 'Not Found'},
    /"\/wasm\/tfjs-backend-wasm-simd.wasm" was answered by 404 Not Found; serve/,
  ],
  [{headers: {'Content-Type': 'text/html'}}, /"\/wasm\/tfjs-backend-wasm-simd.wasm" is no WebAssembly, but text\/html/],
])('a file that is not served is named: %j', async (init, message) => {
  answer('<!doctype html>', init);
  onStart(fails);
  await expect(startWasm({paths: '/wasm'})).rejects.toThrow(message);
  expect(fetch).toHaveBeenCalledWith('/wasm/tfjs-backend-wasm-simd.wasm', expect.anything());
});

test('what tf.js says is in the error where the cause is another one, or the place unknown', async () => {
  answer('\0asm');
  onStart(fails);
  await tf.setBackend('cpu');
  await expect(startWasm({paths: files})).rejects.toThrow('did not start: Make sure the server can serve');
  await expect(startWasm()).rejects.toThrow('Make sure the server can serve; serve the .wasm files of');
  expect(tf.getBackend()).toBe('cpu');
});

test('a page that forbids WebAssembly is told what to allow', async () => {
  onStart(fails);
  jest.spyOn(WebAssembly, 'Module').mockImplementation(() => {
    throw new EvalError('Refused to compile');
  });
  await expect(startWasm()).rejects.toThrow("add 'wasm-unsafe-eval' to its script-src");
});

test('paths are a folder, with or without a slash, or one for each file; a second try may name others', async () => {
  answer('', {status: 404});
  onStart(fails);
  for (const paths of ['https://a.b/c/', 'https://a.b/c', new URL('https://a.b/c')]) {
    await expect(startWasm({paths})).rejects.toThrow('"https://a.b/c/tfjs-backend-wasm-simd.wasm"');
  }
  await expect(startWasm({paths: files})).rejects.toThrow('"/b.wasm"');
  onStart(real as () => Promise<tf.KernelBackend>);
  jest.spyOn(console, 'error').mockImplementation();
  await expect(startWasm({paths: '/elsewhere'})).rejects.toThrow('"/elsewhere/tfjs-backend-wasm-simd.wasm"');
  const folder = dirname(require.resolve('@tensorflow/tfjs-backend-wasm'));
  expect(await startWasm({paths: folder})).toEqual({build: 'simd', threads: 1, kernels});
});

test('wrong options are refused before anything starts', async () => {
  const factory = jest.fn();
  onStart(factory);
  const two = omit(files, 'tfjs-backend-wasm.wasm');
  const wrong = (args: object) => expect(startWasm(args as never)).rejects;
  await wrong({paths: two}).toThrow(
    /`paths` to be the URL of a folder, or an object .* got one with tfjs-backend-wasm-simd/,
  );
  await wrong({paths: {...files, other: 'x'}}).toThrow(TypeError);
  await wrong({paths: ''}).toThrow(/`paths`/);
  await wrong({paths: 3}).toThrow(/got 3/);
  await wrong({threads: 0}).toThrow('Expected `threads` to be a whole number >= 1, got 0');
  await wrong({kernels: 'fast'}).toThrow('Expected `kernels` to be one of simd, relaxed-simd, composed, got "fast"');
  await wrong({thread: 1}).toThrow('startWasm has no option `thread`');
  expect(factory).not.toHaveBeenCalled();
});
