import {expectMethods, expectNumber, received} from '../options/expect.js';
import {noteMakers} from '../options/makers.js';
import {integer, option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';

/** The progress of long work. */
export interface Progress {
  /** How many items are done. */
  readonly done: number;
  /** How many there are. */
  readonly total: number;
  /** The last item done. */
  readonly label?: string;
}

/** A stream such as `process.stderr` or `process.stdout`. */
interface TextStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

const OPTIONS = {
  /**
   * Where to draw. Defaults to `process.stderr`. If it is not a terminal, as in a file or a browser, nothing is drawn.
   */
  stream: option((name, stream: TextStream) => expectMethods(name, stream, ['write']), undefined),
  /** The length of the bar in characters, at least 1. Defaults to 30. */
  width: integer({min: 1}, 30),
};

/** Options of {@link progressBar}. */
export type ProgressBarArgs = Args<typeof OPTIONS>;

/**
 * Draws a progress bar in the terminal, in one line: an `onProgress` for long work.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * await sensitivityScan(model, {data, onProgress: progressBar()});
 * // [##########....................] 5/15 conv2 at 0.9
 */
export function progressBar(args: ProgressBarArgs = {}): (progress: Progress) => void {
  const {stream = terminal(), width} = read('progressBar', args, OPTIONS);
  let longest = 0;
  return progress => {
    const {done, total, label = ''} = expectProgress(progress);
    if (stream?.isTTY !== true) return;
    const filled = total === 0 ? width : Math.round((width * done) / total);
    const line = `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done}/${total} ${label}`;
    longest = Math.max(longest, line.length);
    stream.write(`\r${line.padEnd(longest)}${done === total ? '\n' : ''}`);
  };
}

noteMakers(progressBar);

function expectProgress(progress: Progress): Progress {
  const {done, total, label} = Object(progress) as Progress;
  expectNumber('total', total, {min: 0});
  expectNumber('done', done, {min: 0, max: total, includeMax: true});
  if (label === undefined || typeof label === 'string') return progress;
  throw new TypeError(`Expected \`label\` to be a string, got ${received(label)}`);
}

function terminal(): TextStream | undefined {
  return (globalThis as {process?: {stderr?: TextStream}}).process?.stderr;
}
