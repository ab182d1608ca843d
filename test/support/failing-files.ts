import fs from 'node:fs/promises';

const CALLS = [
  'access',
  'link',
  'lstat',
  'mkdir',
  'open',
  'readdir',
  'realpath',
  'rename',
  'rmdir',
  'stat',
  'unlink',
] as const;
const OF_HANDLES = ['read', 'stat', 'sync', 'writeFile'] as const;
type Call = (...args: unknown[]) => Promise<unknown>;

/** Calls `before` in front of each call of the file system, with its number; gives the way back. */
export function interceptFiles(before: (number: number, name: string) => Promise<void> | void): () => Promise<void> {
  let number = 0;
  const opened: fs.FileHandle[] = [];
  const guarded =
    (name: string, call: Call): Call =>
    async (...args) => {
      await before(number++, name);
      const result = await call(...args);
      if (name === 'open') opened.push(guardHandle(result as fs.FileHandle));
      return result;
    };
  const guardHandle = (handle: fs.FileHandle) => {
    for (const name of OF_HANDLES) guard(handle, name);
    return handle;
  };
  const guard = (owner: object, name: string) => {
    const calls = owner as Record<string, Call>;
    const call = calls[name]!.bind(owner);
    calls[name] = guarded(name, call);
    return () => (calls[name] = call);
  };
  const undo = CALLS.map(name => guard(fs, name));
  return async () => {
    undo.forEach(each => each());
    await Promise.all(opened.map(handle => handle.close().catch(() => undefined)));
  };
}
