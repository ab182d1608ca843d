/** How the command ends. */
export const EXIT = {
  /** Every run is done. */
  done: 0,
  /** Something outside of the study went wrong: another try may succeed. */
  failed: 1,
  /** Other processes are still doing some of the runs. */
  elsewhere: 75,
  /** No other try can succeed: wrong arguments, a broken study, or runs that threw, which are noted as failed. */
  neverRetry: 64,
} as const;

/** An error that no other try can mend. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
