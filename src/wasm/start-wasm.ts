import {integer} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {kernelsInUse} from './backend/compiled-kernels.js';
import {chooseKernels, chosenKernels, wasmKernels, type WasmKernels} from './backend/kernel-builds.js';
import {startedWasmBackend} from './backend/wasm-backend.js';
import {runningBuild, startRegisteredWasm, withoutThreads} from './start/start-registered.js';
import {urlsOf, wasmPaths, type WasmBuild, type WasmFile} from './start/wasm-paths.js';

const OPTIONS = {
  /**
   * Where you serve the `.wasm` files of `@tensorflow/tfjs-backend-wasm/dist`: the URL of their folder, or an object
   * with the URL of each of `tfjs-backend-wasm.wasm`, `tfjs-backend-wasm-simd.wasm` and
   * `tfjs-backend-wasm-threaded-simd.wasm`. Defaults to the folder of the script; Node finds them by itself.
   */
  paths: wasmPaths,
  /**
   * The number of threads, at least 1. tf.js starts at most half as many as there are cores, and more than one only in
   * a page that is cross-origin isolated. Defaults to as many as it can; 1 takes the build without threads.
   */
  threads: integer({min: 1}, undefined),
  /** What computes our kernels, as for {@link completeWasmBackend}; taken in a backend that runs already, too. */
  kernels: wasmKernels,
};

/** Options of {@link startWasm}. */
export type StartWasmArgs = Args<typeof OPTIONS>;

/** What {@link startWasm} started. */
export interface StartedWasm {
  /** The build in use: `'plain'` for any machine, `'simd'`, or `'simd-threaded'`. */
  readonly build: WasmBuild;
  /** The number of threads in use; 1 for the builds without. */
  readonly threads: number;
  /** What computes the kernels of this library: `'simd'`, `'relaxed-simd'` or `'composed'`. */
  readonly kernels: WasmKernels;
}

type Package = typeof import('@tensorflow/tfjs-backend-wasm');

/** The map that tf.js was given. It reads the map when it starts, so a second try may name other URLs. */
const urls: Partial<Record<WasmFile, string>> = {};
let starting: Promise<unknown> = Promise.resolve();

/**
 * Starts the wasm backend of tf.js, complete for training (see {@link completeWasmBackend}), and sets it, in a page, in
 * a Web Worker or in Node. Install `@tensorflow/tfjs-backend-wasm`; you need not import it.
 *
 * A page that is cross-origin isolated gets the build with threads, in minified bundles too, where tf.js alone
 * hangs. If they do not start, the build without is used, with a line on the console. If the backend runs already, it
 * is set, and `paths` and `threads` have no effect.
 *
 * @returns the build, the number of threads and the kernels in use.
 * @throws TypeError or RangeError for wrong options; Error if the machine lacks what the `kernels` need, the package
 *     can't be loaded, or the backend does not start, with the reason: a file that is not served, a content security
 *     policy without `'wasm-unsafe-eval'`.
 *
 * @example
 * const {build, threads} = await startWasm({paths: '/wasm/'}); // the folder where you serve the .wasm files
 */
export async function startWasm(args: StartWasmArgs = {}): Promise<StartedWasm> {
  const options = read('startWasm', args, OPTIONS);
  const start = starting.then(() => startOnce(options));
  starting = start.catch(() => undefined);
  return start;
}

async function startOnce({paths, threads, kernels}: ReturnType<typeof read<typeof OPTIONS>>): Promise<StartedWasm> {
  const backend = await loadBackend();
  const given = paths === undefined ? undefined : urlsOf(paths);
  if (!startedWasmBackend()) {
    if (given) setUrls(backend, given);
    if (threads === 1) withoutThreads();
    else if (threads !== undefined) backend.setThreadsCount(threads);
  }
  const before = chosenKernels();
  await startRegisteredWasm('startWasm', given, {kernels});
  const inUse = kernelsInUse(startedWasmBackend()!);
  if (kernels !== undefined && inUse !== kernels) {
    chooseKernels(before);
    throw notCompiled(kernels);
  }
  const build = runningBuild();
  return {build, threads: build === 'simd-threaded' ? backend.getThreadsCount() : 1, kernels: inUse};
}

function notCompiled(kernels: WasmKernels): Error {
  return new Error(
    `Expected ${kernels} kernels, which could not be compiled for the backend; leave \`kernels\` out for those that ` +
      'run here, or train in a worker: Chromium before version 115 compiles no more than 4 kB at once in a page',
  );
}

async function loadBackend(): Promise<Package> {
  try {
    return await import('@tensorflow/tfjs-backend-wasm');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`startWasm needs the package @tensorflow/tfjs-backend-wasm, which does not load: ${reason}`, {
      cause: error,
    });
  }
}

/** tf.js refuses new paths after a failed start. */
function setUrls({setWasmPaths}: Package, given: Record<WasmFile, string>): void {
  const isFirst = Object.keys(urls).length === 0;
  Object.assign(urls, given);
  if (isFirst) setWasmPaths(urls);
}
