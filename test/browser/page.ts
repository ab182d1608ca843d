/**
 * Runs in the browser: trains on the build of the wasm backend that the address asks for, and posts what came of it.
 */
import * as tfc from '@tensorflow/tfjs-core';
import {getThreadsCount, setThreadsCount, setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import {completeWasmBackend, type WasmKernels} from 'tfjs-pruning/wasm';
import {train, type Training} from './training.js';

/** What the page posts. */
export interface PageResult extends Training {
  backend: string;
  crossOriginIsolated: boolean;
  /** How many modules were compiled and started by ours: tfjs starts its own by `WebAssembly.instantiateStreaming`. */
  compiledModules: number;
  threads: number;
}

let compiledModules = 0;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, [module, imports]: [WebAssembly.Module, WebAssembly.Imports]) {
    const instance = new target(module, imports);
    compiledModules++;
    return instance;
  },
});

async function run(): Promise<PageResult> {
  const asked = new URLSearchParams(location.search);
  const build = asked.get('build');
  if (build === 'plain') tfc.env().set('WASM_HAS_SIMD_SUPPORT', false);
  if (build === 'threaded') useTwoThreads();
  setWasmPaths('/wasm/');
  completeWasmBackend({kernels: asked.get('kernels') as WasmKernels});
  if (!(await tfc.setBackend('wasm'))) throw new Error('The wasm backend did not start');
  return {
    ...(await train()),
    backend: tfc.getBackend(),
    crossOriginIsolated,
    compiledModules,
    threads: build === 'threaded' ? getThreadsCount() : 1,
  };
}

/** The backend takes at most half of the cores for threads, and is told here of enough. */
function useTwoThreads(): void {
  Object.defineProperty(navigator, 'hardwareConcurrency', {value: 4});
  setThreadsCount(2);
}

const post = (message: {result: PageResult} | {error: string}) =>
  fetch('/posted', {method: 'POST', body: JSON.stringify(message)});

run().then(
  result => post({result}),
  (error: unknown) => post({error: error instanceof Error ? String(error.stack) : JSON.stringify(error)}),
);
