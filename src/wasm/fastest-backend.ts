import {findBackendFactory} from '@tensorflow/tfjs-core';
import {say} from '../display/say.js';
import {expectOneOf} from '../options/expect.js';
import {listOf} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {registerFileUrls} from './file-urls.js';
import {canLoadPackages, loadPackage, MissingPackage} from './start/installed-package.js';
import {startBackend} from './start/start-backend.js';
import {startRegisteredWasm} from './start/start-registered.js';

/** The backends that `useFastestBackend` can start, by their names in tf.js. */
export type FastestBackend = 'tensorflow' | 'wasm' | 'webgl' | 'cpu';

const PACKAGES: readonly (readonly [FastestBackend, string])[] = [
  ['tensorflow', '@tensorflow/tfjs-node'],
  ['wasm', '@tensorflow/tfjs-backend-wasm'],
  ['webgl', '@tensorflow/tfjs-backend-webgl'],
  ['cpu', '@tensorflow/tfjs-backend-cpu'],
];

const NAMES: readonly FastestBackend[] = PACKAGES.map(([name]) => name);

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
 * Starts the fastest backend for training that there is: native TensorFlow (`@tensorflow/tfjs-node`), otherwise wasm,
 * completed for training, otherwise webgl, otherwise plain JavaScript. In a page it chooses among the backends that you
 * have imported; to name the place of the wasm files, or to choose kernels, use {@link startWasm}. In Node it also
 * loads those that are installed, except webgl, and makes `file://` URLs work with each (see `registerFileUrls`).
 *
 * A line on the console says why, and what to do, if only plain JavaScript is left, or if a faster backend is there but
 * does not start. For plain JavaScript on purpose, ask for `among: ['cpu']`.
 *
 * @returns the name of the backend now in use.
 * @throws RangeError for an unknown name; Error if none of the backends starts, with the reason for each.
 *
 * @example
 * await useFastestBackend(); // 'tensorflow', 'wasm', 'webgl' or 'cpu'
 * await useFastestBackend({among: ['wasm']});
 */
export async function useFastestBackend(args: FastestBackendArgs = {}): Promise<FastestBackend> {
  const {among} = read('useFastestBackend', args, OPTIONS);
  const failures: Failure[] = [];
  for (const [name, specifier] of PACKAGES.filter(([each]) => among.includes(each))) {
    try {
      register(name, specifier);
      await (name === 'wasm' ? startRegisteredWasm('useFastestBackend') : startBackend(name).started);
      registerFileUrls();
      sayIfSlower(name, failures);
      return name;
    } catch (error) {
      failures.push({specifier, error});
    }
  }
  throw new Error(`No backend of tf.js starts; install and import one of these packages. ${listed(failures)}`);
}

/** Why a backend is not used. */
interface Failure {
  readonly specifier: string;
  readonly error: unknown;
}

/** A package that is not there is no surprise, unless nothing is left but plain JavaScript. */
function sayIfSlower(used: FastestBackend, failures: readonly Failure[]): void {
  const told = used === 'cpu' ? failures : failures.filter(({error}) => !(error instanceof MissingPackage));
  if (told.length === 0) return;
  const remedy =
    used === 'cpu'
      ? 'only plain JavaScript starts (cpu), which trains many times slower; install and import one of these packages'
      : `${used} is used, as what is faster does not start`;
  say('useFastestBackend', `${remedy}. ${listed(told)}`);
}

function listed(failures: readonly Failure[]): string {
  const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));
  return failures.map(({specifier, error}) => `${specifier}: ${reason(error)}`).join('; ');
}

/** Loads the package of a backend, unless it is registered: in a bundle it would be a second copy. */
function register(name: FastestBackend, specifier: string): void {
  if (isRegistered(name)) return;
  if (!canLoadPackages() || name === 'webgl') throw new MissingPackage('not imported');
  loadPackage(specifier);
  if (!isRegistered(name)) throw new Error('another copy of tf.js has it; import the package yourself');
}

function isRegistered(name: FastestBackend): boolean {
  return (findBackendFactory(name) as unknown) != null;
}
