/** How the command ends. */
export const EXIT = {
  /** Every run is done. */
  done: 0,
  /** Something outside of the study went wrong: another try may succeed. */
  failed: 1,
  /** The model is saved, but it misses the target. */
  missed: 65,
  /** Other processes are still doing some of the runs. */
  elsewhere: 75,
  /** No other try can succeed: wrong arguments, a broken study, or runs that threw, which are noted as failed. */
  neverRetry: 64,
} as const;

/** An error that no other try can mend. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Whether an error says that tf.js is not installed, or that a study can't find this package. */
export function isMissingPackage(error: unknown): error is Error {
  const {code, message} = Object(error) as {code?: unknown; message?: unknown};
  return code === 'ERR_MODULE_NOT_FOUND' && /@tensorflow\/|tfjs-pruning/.test(String(message));
}
