import type {FastestBackend} from 'tfjs-pruning/wasm';

type Command = (args: readonly string[]) => Promise<number>;

/** The backend of the tests, as an argument. */
export const BACKEND = ['--backend', (process.env['TFJS_PRUNING_BACKEND'] ?? 'wasm') as FastestBackend];

/** Runs a command in this process, and returns what it printed. */
export async function output(command: Command, ...args: string[]): Promise<string> {
  const {exitCode, text} = await outcome(command, ...args);
  expect(exitCode).toBe(0);
  return text;
}

/** The same, with how it ended. */
export async function outcome(command: Command, ...args: string[]): Promise<{exitCode: number; text: string}> {
  let text = '';
  const written = jest.spyOn(process.stdout, 'write').mockImplementation(part => {
    text += part.toString();
    return true;
  });
  try {
    const exitCode = await command([...args, ...BACKEND]);
    return {exitCode, text};
  } finally {
    written.mockRestore();
  }
}

/** The same, as JSON. */
export async function found<T = never>(command: Command, ...args: string[]): Promise<T> {
  return JSON.parse(await output(command, ...args, '--json')) as T;
}

/** Runs a command with something wrong, and returns what is said of it: no other try would succeed. */
export async function mistake(command: Command, ...args: string[]): Promise<string> {
  const error: unknown = await command([...args, ...BACKEND]).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({name: 'UsageError'});
  return (error as Error).message;
}
