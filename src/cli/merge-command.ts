import {mergeResults} from '../study/merge-results.js';
import {EXIT, UsageError} from './exit-codes.js';
import {readArguments} from './read-arguments.js';

const OPTIONS = {into: {type: 'string'}, 'any-version': {type: 'boolean'}} as const;

/** `tfjs-pruning merge DIR... --into DIR`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'several', what: 'the DIRs of results'});
  if (values.into === undefined) throw new UsageError('Expected --into DIR, where the merged results go');
  const count = await mergeResults(positionals, values.into, {anyVersion: values['any-version'] === true});
  process.stdout.write(`${count} results are in ${values.into}\n`);
  return EXIT.done;
}
