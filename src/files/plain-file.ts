import {builtin, type OpenFile} from './builtin.js';
import {isMissing} from './failure.js';

/** The size of a read or write: large enough for a disk, small enough that its checksum does not block for long. */
export const CHUNK = 4 << 20;

/** An open file and its size. */
export interface PlainFile {
  readonly path: string;
  readonly size: number;
  readonly handle: OpenFile;
}

/**
 * Opens a plain file of a folder: no device, no pipe that would block, and no link to anything outside the folder.
 *
 * @throws TypeError for these, and the system error if there is no such file.
 */
export async function openPlain(folder: string, name: string): Promise<PlainFile> {
  const fs = builtin('node:fs/promises');
  const path = builtin('node:path').join(folder, name);
  const real = await fs.realpath(path);
  expectWithin(await fs.realpath(folder), real, path);
  if (!(await fs.lstat(real)).isFile()) throw notPlain(path);
  const {O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0} = fs.constants;
  const handle = await fs.open(real, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw notPlain(path);
    return {path, size: status.size, handle};
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function expectWithin(folder: string, real: string, path: string): void {
  const {relative, isAbsolute, sep} = builtin('node:path');
  const way = relative(folder, real);
  if (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return;
  throw new TypeError(
    `Expected "${path}" to lie in the folder of the model, but it is a link to "${real}"; ` +
      'put the file itself there (`cp -rL` copies the targets of links)',
  );
}

function notPlain(path: string): TypeError {
  return new TypeError(`Expected "${path}" to be a plain file, but it is a folder, a device, a pipe or a socket`);
}

/**
 * Reads all of an open file, and passes each piece to `seen`.
 *
 * @throws RangeError if the file has become shorter since it was opened.
 */
export async function readInto(
  target: Uint8Array,
  {handle, path}: PlainFile,
  seen?: (piece: Uint8Array) => void,
): Promise<void> {
  for (let offset = 0; offset < target.length;) {
    const length = Math.min(CHUNK, target.length - offset);
    const {bytesRead} = await handle.read(target, {offset, length, position: offset});
    if (bytesRead === 0)
      throw new RangeError(`Expected "${path}" to have ${target.length} bytes, got ${offset}: it is being changed`);
    seen?.(target.subarray(offset, offset + bytesRead));
    offset += bytesRead;
  }
}

/** The status of a path; undefined if nothing is there. */
export async function statusOf(path: string): Promise<{isDirectory(): boolean} | undefined> {
  return ifThere(builtin('node:fs/promises').stat(path));
}

/** The result of a system call on a file; undefined if there is no such file. */
export async function ifThere<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
