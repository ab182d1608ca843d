import {builtin} from '../../files/builtin.js';

/** The parts of Node's `process` in use. */
interface Process {
  readonly argv: readonly string[];
  readonly versions?: {readonly node?: string};
  readonly cwd: () => string;
}

/** Says that a package is not there, rather than that it fails. */
export class MissingPackage extends Error {}

/** Whether this runs in Node, where packages can be found while a program runs. */
export function canLoadPackages(): boolean {
  return (globalThis as {process?: Partial<Process>}).process?.versions?.node !== undefined;
}

/**
 * Loads a package in Node, as the script that was started would, or one in the working folder. This is no `import`,
 * because a bundler would look for the package, installed or not, and put a second copy of a backend into the bundle.
 *
 * @throws MissingPackage if the package is not installed, and what it throws if it does not load.
 */
export function loadPackage(name: string): void {
  const {argv, cwd} = (globalThis as unknown as {process: Process}).process;
  const {createRequire} = builtin('node:module');
  const {join, resolve} = builtin('node:path');
  const files = [...(argv[1] === undefined ? [] : [resolve(argv[1])]), join(cwd(), 'any.js')];
  for (const file of files) {
    try {
      createRequire(file)(name);
      return;
    } catch (error) {
      if (!isMissing(error, name)) throw error;
    }
  }
  throw new MissingPackage(`not installed in ${cwd()}`);
}

/** Whether a package itself was not found, rather than what it needs in turn. */
function isMissing(error: unknown, name: string): boolean {
  const {code, message} = error as {code?: unknown; message?: unknown};
  return code === 'MODULE_NOT_FOUND' && String(message).startsWith(`Cannot find module '${name}'`);
}
