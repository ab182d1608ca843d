import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {Study} from '../study/study.js';
import {isMissingPackage, UsageError} from './exit-codes.js';

/**
 * The study that a module exports by default. TypeScript needs `tsx`, or a version of Node that strips types.
 *
 * @throws UsageError if there is no such file, it exports no study, or it is broken; what else the module throws, such
 *     as a lost connection.
 */
export async function loadStudy(file: string): Promise<Study> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`There is no file ${path}`);
  if (/\.[cm]?ts$/.test(path)) await startTypeScript(path);
  const {default: found} = await imported(path);
  // A CommonJS module that was compiled from `export default` has it one level deeper.
  const study = (Object(found) as {default?: unknown}).default ?? found;
  if (isStudy(study)) return study;
  throw new UsageError(`Expected ${path} to export a study by default: export default study({...})`);
}

async function imported(path: string): Promise<{default?: unknown}> {
  try {
    return (await import(pathToFileURL(path).href)) as {default?: unknown};
  } catch (error) {
    if (isMissingPackage(error) || !isMistake(error)) throw error;
    // What tsx and Node make of TypeScript in a package of CommonJS.
    if (error.code !== 'ERR_REQUIRE_CYCLE_MODULE') throw new UsageError(`${path} is broken:\n${error.stack}`);
    throw new UsageError(`${path} must be an ES module: name it .mts, or set "type": "module" in its package.json`);
  }
}

/** Whether an error is one of the code, which another try meets again: a module that is not there, a wrong option. */
function isMistake(error: unknown): error is NodeJS.ErrnoException {
  const {code, cause} = Object(error) as NodeJS.ErrnoException;
  if (code !== undefined) return code.startsWith('ERR_');
  const kinds = [SyntaxError, TypeError, RangeError, ReferenceError];
  return cause === undefined && kinds.some(kind => error instanceof kind); // a failed fetch is a TypeError with a cause
}

function isStudy(value: unknown): value is Study {
  const {runs, partsOf} = Object(value) as Partial<Study>;
  return typeof runs === 'function' && typeof partsOf === 'function';
}

async function startTypeScript(path: string): Promise<void> {
  const tsx = placeOfTsx(path);
  if (tsx !== undefined) {
    const {register} = (await import(tsx)) as {register: () => unknown};
    register();
  } else if (!(process.features as {typescript?: unknown}).typescript) {
    throw new UsageError(`${path} is TypeScript, which needs tsx: npm install --save-dev tsx`);
  }
}

/** The URL of tsx, seen from a file, which may be in another project; undefined if it is not installed. */
function placeOfTsx(from: string): string | undefined {
  const require = createRequire(from);
  try {
    const found = require.resolve('tsx/package.json');
    const {exports} = require(found) as {exports: Record<string, {import: {default: string}}>};
    return new URL(exports['./esm/api']!.import.default, pathToFileURL(found)).href;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
