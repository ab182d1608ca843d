import {mergeResults} from '../study/merge-results.js';
import {EXIT, UsageError} from './exit-codes.js';
import {readArguments} from './read-arguments.js';

const OPTIONS = {into: {type: 'string'}, 'any-version': {type: 'boolean'}} as const;

/** `tfjs-pruning merge DIR... --into DIR`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'several', what: 'the DIRs of results'});
  if (values.into === undefined) throw new UsageError('Expected --into DIR, where the merged results go');
  const count = await merged(positionals, values.into, values['any-version'] === true);
  process.stdout.write(`${count} results are in ${values.into}\n`);
  return EXIT.done;
}

/** What can't be merged is a wrong argument; a full disk is not. */
async function merged(folders: readonly string[], into: string, anyVersion: boolean): Promise<number> {
  try {
    return await mergeResults(folders, into, {anyVersion});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw new UsageError((error as Error).message);
    throw error;
  }
}
