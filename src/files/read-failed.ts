import {codeOf, MEANINGS} from './failure.js';

/** What the same codes mean to who reads a file. */
const MEANINGS_OF_READS: Record<string, string> = {
  ...MEANINGS,
  EACCES: 'permission denied; let this process read it',
  EIO: 'the disk can not be read',
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EPERM: 'it is not permitted',
};

/** The error for a file that could not be read. Its `cause` is the system error. */
export function readFailed(path: string, cause: unknown): Error {
  const code = codeOf(cause);
  const why = code === undefined ? String(cause) : `${MEANINGS_OF_READS[code] ?? 'the system refused it'} (${code})`;
  return new Error(`Could not read the model from "${path}": ${why}`, {cause});
}
