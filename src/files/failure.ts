/** What error codes of the operating system mean to who saves, and what to do. */
export const MEANINGS: Record<string, string> = {
  EACCES: 'permission denied; let this process write there, or choose another folder',
  EBUSY: 'it is in use by another process',
  EDQUOT: 'the disk quota is exceeded; free some space',
  EEXIST: 'it is a file, not a folder; choose another folder',
  EFBIG: 'the file would be too large',
  EISDIR: 'it is a folder, not a file; choose another folder, or remove it',
  ELOOP: 'symbolic links form a cycle',
  EMFILE: 'this process has too many open files',
  ENAMETOOLONG: 'the path is too long',
  ENOENT: 'the folder was removed while the model was saved, or is a broken link',
  ENOSPC: 'the disk is full; free some space (a save needs room for the old and the new model)',
  ENOTDIR: 'it is a file, not a folder; choose another folder',
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
  return new Error(`Could not save the model to "${folder}": ${why}. A model that was there before is unchanged`, {
    cause,
  });
}
