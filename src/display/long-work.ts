import {expectFunction, received} from '../options/expect.js';
import {option} from '../options/option.js';
import {Pauses} from './pauses.js';
import type {Progress} from './progress-bar.js';

/** The option of functions that can be aborted. */
export const ABORTABLE = {
  /**
   * Ends the call early, as in `fetch`: the call rejects with `signal.reason` and leaves everything as it was. It is
   * looked at wherever the call pauses.
   */
  signal: option(expectSignal, undefined),
};

const TOLD = {
  /**
   * Called after each step, for example {@link progressBar}. Batches are steps if their number is known: those of
   * tensors, lists and datasets with a `size`. Of others only the label tells how many were read.
   */
  onProgress: option(expectListener<Progress>, undefined),
};

/** The options of functions that take long. */
export const LONG_WORK: typeof ABORTABLE & typeof TOLD = {...ABORTABLE, ...TOLD};

/**
 * Work in steps, between which other code can run: timers, events, the page. It must leave nothing half done at a
 * pause, since that code may use the model.
 *
 * @typeParam More what each report holds besides the progress.
 * @throws the reason of the signal if it is aborted already.
 *
 * @example
 * const work = new LongWork({onProgress, signal});
 * work.total = items.length;
 * for (const [i, item] of items.entries()) {
 *   handle(item);
 *   await work.reach(i + 1, item.name);
 * }
 */
export class LongWork<More extends object = object> {
  /** The number of steps, set before the first report. */
  total = 0;
  #done = 0;
  readonly #pauses = new Pauses();
  /** What aborts it. */
  readonly signal: AbortSignal | undefined;
  readonly #onProgress: ((progress: Progress & More) => void) | undefined;

  constructor({
    onProgress,
    signal,
  }: {
    readonly onProgress?: ((progress: Progress & More) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  }) {
    signal?.throwIfAborted();
    this.signal = signal;
    this.#onProgress = onProgress;
  }

  /**
   * Reports how many steps are done by now, and pauses. The number never falls.
   *
   * @param label what was done last.
   * @throws what {@link pause} throws.
   */
  async reach(done: number, label: string, more?: More): Promise<void> {
    this.#done = Math.min(Math.max(this.#done, done), this.total);
    this.#onProgress?.({done: this.#done, total: this.total, label, ...(more as More)});
    await this.pause();
  }

  /**
   * Lets other code run if none did for some time.
   *
   * @throws the reason of the signal if it is aborted.
   */
  async pause(): Promise<void> {
    this.signal?.throwIfAborted();
    await this.#pauses.pause();
    this.signal?.throwIfAborted();
  }
}

/** Expects a function that is told the progress. */
export function expectListener<P extends Progress>(name: string, listener: (progress: P) => void) {
  return expectFunction(name, listener, 'that takes the progress');
}

function expectSignal(name: string, signal: AbortSignal): AbortSignal {
  if (typeof (Object(signal) as Partial<AbortSignal>).throwIfAborted === 'function') return signal;
  throw new TypeError(
    `Expected \`${name}\` to be the \`signal\` of an AbortController, or AbortSignal.timeout(milliseconds), got ` +
      received(signal),
  );
}
