import {builtin} from './builtin.js';
import {isMissing} from './failure.js';

const W_OK = 2;

/** Expects a writable file: a rename would replace a write-protected one. */
export async function expectWritable(file: string): Promise<void> {
  const {access, lstat} = builtin('node:fs/promises');
  try {
    if ((await lstat(file)).isFile()) await access(file, W_OK);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Flushes file names to the disk, if the system supports it: Windows and some file systems do not. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await builtin('node:fs/promises')
    .open(folder, 'r')
    .catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

export function pathIn(folder: string, name: string): string {
  return builtin('node:path').join(folder, name);
}
