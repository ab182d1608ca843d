import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {Study} from '../study/study.js';
import {UsageError} from './exit-codes.js';

/**
 * The study that a module exports by default. TypeScript needs `tsx`, or a version of Node that strips types.
 *
 * @throws UsageError if there is no such file, or it exports no study; what the module throws.
 */
export async function loadStudy(file: string): Promise<Study> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`There is no file ${path}`);
  if (/\.[cm]?ts$/.test(path)) await startTypeScript(path);
  const {default: found} = (await import(pathToFileURL(path).href)) as {default?: unknown};
  // A CommonJS module that was compiled from `export default` has it one level deeper.
  const study = (Object(found) as {default?: unknown}).default ?? found;
  if (isStudy(study)) return study;
  throw new UsageError(`Expected ${path} to export a study by default: export default study({...})`);
}

function isStudy(value: unknown): value is Study {
  const {runs, partsOf} = Object(value) as Partial<Study>;
  return typeof runs === 'function' && typeof partsOf === 'function';
}

async function startTypeScript(path: string): Promise<void> {
  const tsx = located('tsx/esm/api', path);
  if (tsx !== undefined) {
    const {register} = (await import(pathToFileURL(tsx).href)) as {register: () => unknown};
    register();
  } else if (!(process.features as {typescript?: unknown}).typescript) {
    throw new UsageError(`${path} is TypeScript, which needs tsx: npm install --save-dev tsx`);
  }
}

/** Where a package is, seen from a file; undefined if it is not installed. */
function located(specifier: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(specifier);
  } catch {
    return undefined;
  }
}
