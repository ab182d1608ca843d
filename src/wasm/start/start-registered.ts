import {env} from '@tensorflow/tfjs-core';
import {say} from '../../display/say.js';
import {startedWasmBackend} from '../backend/wasm-backend.js';
import {completeWasmBackend, type CompleteWasmBackendArgs} from '../complete-wasm-backend.js';
import {mendThreads} from './mend-threads.js';
import {startBackend} from './start-backend.js';
import {watchThreads} from './thread-failure.js';
import {WASM_FILES, type WasmBuild, type WasmFile} from './wasm-paths.js';
import {whyNot} from './why-not.js';

/** The flag of tf.js that chooses the build with threads. */
const THREADS_FLAG = 'WASM_HAS_MULTITHREAD_SUPPORT';
const SIMD_FLAG = 'WASM_HAS_SIMD_SUPPORT';

/**
 * Completes the wasm backend, starts it if it has not started, and sets it. A build with threads that does not start is
 * replaced by the one without.
 *
 * @param owner the public function that starts it, for messages.
 * @param urls the files of the backend, where they are known.
 * @param completion the options of `completeWasmBackend`.
 * @throws Error with the reason if the backend does not start.
 */
export async function startRegisteredWasm(
  owner: string,
  urls?: Readonly<Record<WasmFile, string>>,
  completion: CompleteWasmBackendArgs = {},
): Promise<void> {
  completeWasmBackend(completion);
  if (!startedWasmBackend() && (await chosenBuild()) === 'simd-threaded') {
    try {
      await startThreads();
      return;
    } catch (error) {
      const reason = await whyNot(error, urls?.[WASM_FILES['simd-threaded']]);
      say(owner, `the build with threads did not start: ${reason}. The one for a single thread is used`);
      withoutThreads();
    }
  }
  try {
    await startBackend('wasm').started;
  } catch (error) {
    const reason = await whyNot(error, urls?.[WASM_FILES[await chosenBuild()]]);
    throw new Error(`The wasm backend did not start: ${reason}`, {cause: error});
  }
}

/** Has tf.js choose a build without threads. */
export function withoutThreads(): void {
  env().set(THREADS_FLAG, false);
}

/** The build that tf.js chooses on this machine, in this page. */
async function chosenBuild(): Promise<WasmBuild> {
  if (!(await env().getAsync(SIMD_FLAG))) return 'plain';
  return (await env().getAsync(THREADS_FLAG)) ? 'simd-threaded' : 'simd';
}

/** The build that runs. Only the one with threads has a pool of them; the other two differ in nothing that shows. */
export function runningBuild(): WasmBuild {
  if ('PThread' in (startedWasmBackend()?.wasm ?? {})) return 'simd-threaded';
  return env().getBool(SIMD_FLAG) ? 'simd' : 'plain';
}

async function startThreads(): Promise<void> {
  const undo = mendThreads();
  const start = startBackend('wasm');
  const {failure, end} = watchThreads();
  try {
    await Promise.race([start.started.finally(end), failure]);
  } catch (error) {
    start.abandon();
    throw error;
  } finally {
    undo();
  }
}
