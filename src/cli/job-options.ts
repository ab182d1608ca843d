/** A run whose process dies is tried so often; so much later. */
const [ATTEMPTS, LATER_MS] = [20, 2_000];

/**
 * How BullMQ keeps the job of a run: one at a time, by the id of the run. It takes no id of digits alone, which one run
 * in three hundred has.
 */
export function jobOptions(id: string) {
  const backoff = {type: 'fixed', delay: LATER_MS};
  return {jobId: `run-${id}`, attempts: ATTEMPTS, backoff, removeOnComplete: true, removeOnFail: true};
}
