#!/usr/bin/env node
import {EXIT, isMissingPackage, UsageError} from './exit-codes.js';
import {HELP} from './help.js';

const COMMANDS: Record<string, () => Promise<{command: (args: readonly string[]) => Promise<number>}>> = {
  merge: () => import('./merge-command.js'),
  report: () => import('./report-command.js'),
  study: () => import('./study-command.js'),
};

// What reads the output may leave early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.done);
});
// A child of --queue ends with its parent, which gave it the channel.
process.once('disconnect', () => process.exit(EXIT.failed));
process.channel?.unref();
process.exitCode = await run(process.argv.slice(2));

async function run([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === 'help') {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  try {
    if (!Object.hasOwn(COMMANDS, name)) throw new UsageError(`There is no command "${name}".\n\n${HELP}`);
    const {command} = await COMMANDS[name]!();
    return await command(args);
  } catch (error) {
    process.stderr.write(`${textOf(error)}\n`);
    return error instanceof UsageError || isMissingPackage(error) ? EXIT.neverRetry : EXIT.failed;
  }
}

function textOf(error: unknown): string {
  if (isMissingPackage(error)) {
    return `${error.message}\n\nnpm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm tfjs-pruning`;
  }
  return error instanceof UsageError ? error.message : ((Object(error) as Partial<Error>).stack ?? String(error));
}
