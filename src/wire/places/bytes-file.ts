import {builtin} from '../../files/builtin.js';
import {saveFailed} from '../../files/failure.js';
import {pathsOf} from '../../files/place.js';
import {expectWritable, syncFolder} from '../../files/write-file.js';
import type {BytesStore} from './bytes-store.js';

const PIECE = 1 << 16;

/** A file of Node, written under another name and renamed: at each moment the old or the new one is there, whole. */
export function bytesFile(place: string | URL): Required<BytesStore> {
  const paths = pathsOf(place);
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
  } finally {
    await file.close();
  }
}

async function opened(path: string, literal: string | undefined) {
  const files = builtin('node:fs/promises');
  return files.open(path, 'r').catch((cause: unknown) => {
    if (literal !== undefined) return files.open(literal, 'r');
    throw new Error(`Could not read the model from "${path}": ${(cause as Error).message}`, {cause});
  });
}
