/**
 * Whether other code runs before a promise resolves that may wait for a turn of the event loop, by a timer without a
 * delay. Timers of one duration are first in, first out, so nothing here hangs on how fast the machine is.
 */
export async function letsOthersRun(begin: () => Promise<void>): Promise<boolean> {
  let ran = false;
  const timer = setTimeout(() => (ran = true));
  await begin();
  clearTimeout(timer);
  return ran;
}
