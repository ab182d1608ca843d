import {io} from '@tensorflow/tfjs-core';
import {builtin} from './builtin.js';
import type {CheckedGroup} from './manifest.js';
import {parseModel, textOf, type ModelFile} from './model-json.js';
import {ifThere, openPlain, readInto, statusOf, type PlainFile} from './plain-file.js';

/** Each retry means that another save has ended meanwhile. */
const MAX_TRIES = 100;

/**
 * Reads a saved model; if a save replaces it meanwhile, the newer one.
 *
 * @throws TypeError or RangeError that names the file, what is wrong with it and what to do.
 */
export async function readModel(paths: readonly string[]): Promise<io.ModelArtifacts> {
  const file = await modelFileOf(paths);
  for (let tries = 1; ; tries++) {
    const text = await textOf(file);
    try {
      return await artifactsOf(parseModel(file, text));
    } catch (error) {
      if (tries === MAX_TRIES || (await ifThere(textOf(file))) === text) throw error;
    }
  }
}

async function modelFileOf(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const status = await statusOf(path);
    if (!status) continue;
    const file = status.isDirectory() ? builtin('node:path').join(path, 'model.json') : path;
    if (await statusOf(file)) return file;
  }
  const place = builtin('node:path').resolve(paths[0]!);
  throw new Error(`There is no saved model (ENOENT) at "${place}": expected a folder with a model.json, or that file`, {
    cause: {code: 'ENOENT'},
  });
}

async function artifactsOf({folder, json, groups}: ModelFile): Promise<io.ModelArtifacts> {
  const weightData = await weightsOf(folder, groups);
  return io.getModelArtifactsForJSON(json, () =>
    Promise.resolve([groups.flatMap(({weights}) => weights), weightData] as [io.WeightsManifestEntry[], ArrayBuffer]),
  );
}

/** Opens and measures all files first, then reads them into one buffer. */
async function weightsOf(folder: string, groups: readonly CheckedGroup[]): Promise<ArrayBuffer> {
  const opened: PlainFile[] = [];
  try {
    for (const group of groups) opened.push(...(await openGroup(folder, group)));
    const data = allocated(opened.reduce((sum, {size}) => sum + size, 0));
    const checksums = groups.flatMap(({paths, sha256}) => paths.map((_, i) => sha256?.[i]));
    let offset = 0;
    for (const [i, file] of opened.entries()) {
      await readChecked(new Uint8Array(data, offset, file.size), file, checksums[i]);
      offset += file.size;
    }
    return data;
  } finally {
    await Promise.all(opened.map(({handle}) => handle.close()));
  }
}

async function openGroup(folder: string, group: CheckedGroup): Promise<PlainFile[]> {
  const opened: PlainFile[] = [];
  try {
    for (const path of group.paths) opened.push(await openWeights(folder, path));
    expectSizes(group, opened);
    return opened;
  } catch (error) {
    await Promise.all(opened.map(({handle}) => handle.close()));
    throw error;
  }
}

async function openWeights(folder: string, path: string): Promise<PlainFile> {
  const file = await ifThere(openPlain(folder, path));
  if (file) return file;
  throw new RangeError(
    `Expected the weight file "${builtin('node:path').join(folder, path)}" named in model.json, but there is none; ` +
      'copy the whole folder of the model, or save the model again',
  );
}

function expectSizes({sizes, bytes}: CheckedGroup, files: readonly PlainFile[]): void {
  sizes?.forEach((size, i) => {
    if (files[i]!.size !== size) throw damaged(files[i]!.path, `${size} bytes`, `${files[i]!.size}`);
  });
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (bytes.exact ? size === bytes.atLeast : size >= bytes.atLeast) return;
  const names = files.map(({path}) => path).join('" and "');
  throw damaged(
    names,
    `${bytes.exact ? '' : 'at least '}${bytes.atLeast} bytes for the weights of model.json`,
    `${size}`,
  );
}

async function readChecked(target: Uint8Array, file: PlainFile, checksum: string | undefined): Promise<void> {
  if (checksum === undefined) return readInto(target, file);
  const hash = builtin('node:crypto').createHash('sha256');
  await readInto(target, file, piece => hash.update(piece));
  const found = hash.digest('hex');
  if (found !== checksum) throw damaged(file.path, `the SHA-256 checksum ${checksum}`, found);
}

function damaged(path: string, expected: string, got: string): RangeError {
  return new RangeError(
    `"${path}" is damaged: expected ${expected}, got ${got}; ` +
      'copy the folder of the model again, or save the model again',
  );
}

function allocated(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (cause) {
    throw new RangeError(`Expected weights that fit into memory, got ${bytes} bytes`, {cause});
  }
}
