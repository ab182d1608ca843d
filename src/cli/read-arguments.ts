import {parseArgs, type ParseArgsConfig} from 'node:util';
import {UsageError} from './exit-codes.js';

/**
 * Reads the arguments of a command.
 *
 * @throws UsageError if one is unknown, or not exactly the expected number of places is given.
 */
export function readArguments<const O extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: O,
  {places, what}: {places: 'one' | 'two' | 'several'; what: string},
) {
  const {values, positionals} = parsed(args, options);
  const count = {one: 1, two: 2, several: Math.max(1, positionals.length)}[places];
  if (positionals.length === count) return {values, positionals};
  throw new UsageError(`Expected ${what}, got ${positionals.join(' ') || 'nothing'}; see tfjs-pruning --help`);
}

function parsed<const O extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: O) {
  try {
    return parseArgs({args: [...args], options, allowPositionals: true, strict: true});
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; see tfjs-pruning --help`);
  }
}
