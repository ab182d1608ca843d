import type {io} from '@tensorflow/tfjs-core';
import {bytesOf, type WeightBytes} from './weight-bytes.js';
import {isList, received} from '../options/expect.js';

/** A group of a weights manifest of tf.js, with sizes and checksums of the files, which other loaders ignore. */
export interface WeightsGroup {
  readonly paths: readonly string[];
  readonly weights: readonly io.WeightsManifestEntry[];
  readonly sizes?: readonly number[];
  readonly sha256?: readonly string[];
}

/** A checked group, with the number of bytes that its weights need. */
export interface CheckedGroup extends WeightsGroup {
  readonly bytes: WeightBytes;
}

/**
 * Checks the weights manifest of a model.json, before any file it names is read.
 *
 * @throws TypeError or RangeError that says what is wrong.
 */
export function expectManifest(file: string, manifest: unknown): readonly CheckedGroup[] {
  if (!isList(manifest))
    throw new TypeError(`Expected a list as the weightsManifest of ${file}, got ${received(manifest)}`);
  return (manifest as unknown[]).map((group, i) => expectGroup(`group ${i} of the weightsManifest of ${file}`, group));
}

function expectGroup(where: string, group: unknown): CheckedGroup {
  const {paths, weights, sizes, sha256} = Object(group) as Record<string, unknown>;
  if (!isList(paths) || !isList(weights)) {
    throw new TypeError(`Expected ${where} to have a list of paths and a list of weights, got ${received(group)}`);
  }
  (paths as unknown[]).forEach(path => expectInside(where, path));
  expectOneAPath(where, 'sizes', sizes, paths as unknown[], size => Number.isSafeInteger(size) && Number(size) >= 0);
  expectOneAPath(
    where,
    'sha256',
    sha256,
    paths as unknown[],
    sum => typeof sum === 'string' && /^[0-9a-f]{64}$/.test(sum),
  );
  return {...(group as WeightsGroup), bytes: bytesOf(weights as io.WeightsManifestEntry[], where)};
}

/** Expects a path inside the folder of model.json, or in a folder in it. */
function expectInside(where: string, path: unknown): void {
  const leavesFolder =
    typeof path === 'string' &&
    (/^[\\/]|^[a-z]:/i.test(path) || path.split(/[\\/]/).includes('..') || path.includes('\0'));
  if (typeof path === 'string' && path !== '' && !leavesFolder) return;
  throw new TypeError(
    `Expected the paths in ${where} to name files in the folder of the model.json, got ${received(path)}; ` +
      'move the files there, and name them without folders',
  );
}

function expectOneAPath(
  where: string,
  name: string,
  list: unknown,
  paths: readonly unknown[],
  fits: (value: unknown) => boolean,
): void {
  if (list === undefined) return;
  if (isList(list) && (list as unknown[]).length === paths.length && (list as unknown[]).every(fits)) return;
  throw new TypeError(
    `Expected ${where} to have ${name} for each of its ${paths.length} paths, but it is damaged; save the model again`,
  );
}
