import {builtin, type OpenFile} from '../../files/builtin.js';
import {codeOf, isMissing, saveFailed} from '../../files/failure.js';
import {pathsOf} from '../../files/place.js';
import {readFailed} from '../../files/read-failed.js';
import {expectWritable, syncFolder} from '../../files/write-file.js';
import type {BytesStore} from './bytes-store.js';

const PIECE = 1 << 16;

/** A file of Node, written under another name and renamed: at each moment the old or the new one is there, whole. */
export function bytesFile(place: string | URL): Required<BytesStore> {
  const paths = pathsOf(place, 'file');
  return {
    save: bytes => write(paths[0], bytes),
    load: () => pieces(paths),
  };
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  const files = builtin('node:fs/promises');
  const folder = builtin('node:path').dirname(path);
  const draft = `${path}.${builtin('node:crypto').randomBytes(6).toString('hex')}.tmp`;
  try {
    await files.mkdir(folder, {recursive: true});
    await expectWritable(path);
    const file = await files.open(draft, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(draft, path);
  } catch (cause) {
    await files.unlink(draft).catch(() => undefined);
    throw saveFailed(path, cause);
  }
  await syncFolder(folder);
}

async function* pieces([path, literal]: readonly string[]): AsyncGenerator<Uint8Array> {
  const file = await opened(path!, literal);
  try {
    for (let position = 0; ;) {
      const piece = new Uint8Array(PIECE);
      const {bytesRead} = await file.read(piece, {offset: 0, length: PIECE, position});
      if (bytesRead === 0) return;
      position += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } catch (cause) {
    throw explained(path!, cause);
  } finally {
    await file.close();
  }
}

async function opened(path: string, literal: string | undefined): Promise<OpenFile> {
  try {
    return await openedPlain(path).catch((error: unknown) => {
      if (literal !== undefined && isMissing(error)) return openedPlain(literal);
      throw error;
    });
  } catch (cause) {
    throw explained(path, cause);
  }
}

function explained(path: string, error: unknown): unknown {
  return codeOf(error) === undefined ? error : readFailed(path, error);
}

/** Not a pipe, which would block, and nothing that never ends. */
async function openedPlain(path: string): Promise<OpenFile> {
  const files = builtin('node:fs/promises');
  const {O_RDONLY, O_NONBLOCK = 0} = files.constants;
  const file = await files.open(path, O_RDONLY | O_NONBLOCK);
  try {
    const status = await file.stat();
    if (status.isFile()) return file;
    const what = status.isDirectory()
      ? 'a folder; a model.json in it is loaded without `compressed`'
      : 'a device, a pipe or a socket';
    throw new TypeError(`Expected "${path}" to be a file, but it is ${what}`);
  } catch (error) {
    await file.close();
    throw error;
  }
}
