import {UsageError} from './exit-codes.js';
import {withFlags} from './with-flags.js';

/** System calls that fail alike at another try: there is no such file. */
const MISSING = ['ENOENT', 'ENOTDIR'];

/**
 * Does work on what the user has named. What is wrong with that is a {@link UsageError}; a full disk or a lost
 * connection is not.
 */
export async function usable<T>(work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isMistake(error) ? new UsageError(withFlags(error.message)) : error;
  }
}

/** The same, at once, of checks that know the names of arguments. */
export function usableNow<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw isMistake(error) ? new UsageError(error.message) : error;
  }
}

function isMistake(error: unknown): error is Error {
  const {code, cause} = Object(error) as NodeJS.ErrnoException;
  const {code: inner = code} = Object(cause) as {code?: string};
  return error instanceof Error && (inner === undefined || MISSING.includes(inner));
}
