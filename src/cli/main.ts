#!/usr/bin/env node
import {EXIT, isMissingPackage, UsageError} from './exit-codes.js';
import {HELP, helpOf} from './help.js';

const COMMANDS: Record<string, () => Promise<{command: (args: readonly string[]) => Promise<number>}>> = {
  compare: () => import('./compare-command.js'),
  compress: () => import('./compress-command.js'),
  decompress: () => import('./decompress-command.js'),
  inspect: () => import('./inspect-command.js'),
  merge: () => import('./merge-command.js'),
  plot: () => import('./plot-command.js'),
  prune: () => import('./prune-command.js'),
  quantize: () => import('./quantize-command.js'),
  report: () => import('./report-command.js'),
  shrink: () => import('./shrink-command.js'),
  study: () => import('./study-command.js'),
};

const STUDIES = ['merge', 'report', 'study'];
const HELPS = ['--help', '-h'];

// What reads the output may leave early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.done);
});
// A child of --queue ends with its parent, which gave it the channel.
process.once('disconnect', () => process.exit(EXIT.failed));
process.channel?.unref();
process.exitCode = await run(process.argv.slice(2));

async function run([name = 'help', ...args]: readonly string[]): Promise<number> {
  const topic = topicOf(name, args);
  if (topic !== undefined) {
    process.stdout.write(helpOf(topic));
    return EXIT.done;
  }
  try {
    if (!Object.hasOwn(COMMANDS, name)) throw new UsageError(`There is no command "${name}".\n\n${HELP}`);
    const {command} = await COMMANDS[name]!();
    if (!STUDIES.includes(name)) await warnOfFlags();
    return await command(args);
  } catch (error) {
    process.stderr.write(`${textOf(error)}\n`);
    return error instanceof UsageError || isMissingPackage(error) ? EXIT.neverRetry : EXIT.failed;
  }
}

/** What functions say of their options is said of arguments. */
async function warnOfFlags(): Promise<void> {
  const {withFlags} = await import('./with-flags.js');
  /* eslint-disable no-console -- functions say it there */
  const {warn} = console;
  console.warn = (line: unknown, ...more: unknown[]) =>
    warn(typeof line === 'string' ? withFlags(line) : line, ...more);
  /* eslint-enable no-console */
}

/** What help is asked for; undefined if none is. */
function topicOf(name: string, args: readonly string[]): string | undefined {
  if (['help', ...HELPS].includes(name)) return args[0] ?? 'help';
  return Object.hasOwn(COMMANDS, name) && HELPS.some(each => args.includes(each)) ? name : undefined;
}

function textOf(error: unknown): string {
  if (isMissingPackage(error)) {
    return `${error.message}\n\nnpm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm tfjs-pruning`;
  }
  const {message, stack, cause} = Object(error) as Partial<Error>;
  // an error with the reason of the system tells all by itself
  const isExplained = error instanceof UsageError || (Object(cause) as {code?: unknown}).code !== undefined;
  return (isExplained ? message : stack) ?? String(error);
}
