/** What the codes of the operating system mean, in words that say what to do. */
const MEANINGS: Record<string, string> = {
  EACCES: 'there is no permission; give this process the right to write there, or choose another folder',
  EBUSY: 'it is in use by another process',
  EDQUOT: 'the disk quota is used up; free some space',
  EEXIST: 'there is a file where a folder is expected; choose another folder',
  EFBIG: 'the file would be larger than is allowed here',
  EISDIR: 'there is a folder where a file is expected; choose another folder, or remove that one',
  ELOOP: 'symbolic links go round in a circle',
  EMFILE: 'this process has too many files open',
  ENAMETOOLONG: 'the path is too long',
  ENOENT: 'the folder went away while the model was saved, or is a link to nowhere',
  ENOSPC: 'the disk is full; free some space (a save needs room for the old model and the new one)',
  ENOTDIR: 'there is a file where a folder is expected; choose another folder',
  EPERM: 'it is not permitted; choose another folder',
  EROFS: 'the file system is read-only; choose another folder',
};

/** The code of a failed system call, or undefined. */
export function codeOf(error: unknown): string | undefined {
  return (error as {code?: string} | undefined)?.code;
}

/** Whether a system call failed because there is no such file. */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');
}

/** The error for a save that failed. */
export function saveFailed(folder: string, cause: unknown): Error {
  const code = codeOf(cause);
  const why = code === undefined ? String(cause) : `${MEANINGS[code] ?? 'the system refused it'} (${code})`;
  return new Error(`Could not save the model to "${folder}": ${why}. A model that was there before is as it was`, {
    cause,
  });
}
