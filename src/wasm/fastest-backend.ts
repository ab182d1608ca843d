import {ready, setBackend} from '@tensorflow/tfjs-core';
import {completeWasmBackend} from './complete-wasm-backend.js';
import {expectOneOf} from '../options/expect.js';
import {listOf} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {registerFileUrls} from './file-urls.js';
import {withoutErrorListeners} from './process-listeners.js';

/** The backends that `useFastestBackend` can start, by their names in tf.js. */
export type FastestBackend = 'tensorflow' | 'wasm' | 'cpu';

const packages: readonly (readonly [FastestBackend, string])[] = [
  ['tensorflow', '@tensorflow/tfjs-node'],
  ['wasm', '@tensorflow/tfjs-backend-wasm'],
  ['cpu', '@tensorflow/tfjs-backend-cpu'],
];

const NAMES: readonly FastestBackend[] = packages.map(([name]) => name);

const OPTIONS = {
  /** The backends to choose from. Defaults to all. */
  among: listOf(
    (name, backend: FastestBackend) => expectOneOf(name, backend, NAMES),
    () => NAMES,
  ),
};

/** Options of {@link useFastestBackend}. */
export type FastestBackendArgs = Args<typeof OPTIONS>;

/**
 * Starts the fastest backend for training whose package is installed and loads: native TensorFlow
 * (`@tensorflow/tfjs-node`), otherwise wasm, completed for training, otherwise plain JavaScript. In Node it also makes
 * `file://` URLs work with each of them (see `registerFileUrls`).
 *
 * @returns the name of the backend now in use.
 * @throws RangeError for an unknown name; Error if none of the packages loads, with the reason for each.
 *
 * @example
 * await useFastestBackend(); // 'tensorflow', 'wasm' or 'cpu'
 * await useFastestBackend({among: ['wasm']});
 */
export async function useFastestBackend(args: FastestBackendArgs = {}): Promise<FastestBackend> {
  const {among} = read('useFastestBackend', args, OPTIONS);
  const failures: string[] = [];
  for (const [name, specifier] of packages) {
    if (!among.includes(name)) continue;
    try {
      // Not a literal, or a bundler would try to bundle packages that the user has not installed.
      await import(specifier);
      if (name === 'wasm') completeWasmBackend();
      if (await withoutErrorListeners(() => setBackend(name))) {
        await ready();
        registerFileUrls();
        return name;
      }
      failures.push(`${specifier}: the backend did not start`);
    } catch (error) {
      failures.push(`${specifier}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`No backend for tfjs could be loaded; install one of these packages. ${failures.join('; ')}`);
}
