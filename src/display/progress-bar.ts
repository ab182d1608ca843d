import {expectInteger, expectMethods, expectNumber, expectOptions, received} from '../options/expect.js';

/** How far a long work is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What was done last. */
  readonly label?: string;
}

/** Where text goes: `process.stderr` and `process.stdout` are such. */
interface TextStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Options of {@link progressBar}. */
export interface ProgressBarArgs {
  /**
   * Where to draw. Defaults to `process.stderr`; where there is no terminal, as in a file or a browser, nothing is
   * drawn.
   */
  stream?: TextStream | undefined;
  /** How many characters the bar is long, >= 1. Defaults to 30. */
  width?: number;
}

/**
 * Draws a bar in the terminal, in one line that is written anew at each call: an `onProgress` for long work.
 *
 * @throws TypeError or RangeError where an option is unknown or wrong.
 *
 * @example
 * await sensitivityScan(model, {data, onProgress: progressBar()});
 * // [##########....................] 5/15 conv2 at 0.9
 */
export function progressBar(args: ProgressBarArgs = {}): (progress: Progress) => void {
  const {stream = terminal(), width = 30} = expectOptions('progressBar', args, ['stream', 'width']);
  expectInteger('width', width, {min: 1});
  if (stream !== undefined) expectMethods('stream', stream, ['write']);
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

function expectProgress(progress: Progress): Progress {
  const {done, total, label} = Object(progress) as Progress;
  expectNumber('total', total, {min: 0});
  expectNumber('done', done, {min: 0, max: total, includeMax: true});
  if (label === undefined || typeof label === 'string') return progress;
  throw new TypeError(`Expected \`label\` to be a text, got ${received(label)}`);
}

function terminal(): TextStream | undefined {
  return (globalThis as {process?: {stderr?: TextStream}}).process?.stderr;
}
