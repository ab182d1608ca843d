import type {FastestBackend} from 'tfjs-pruning/wasm';

type Command = (args: readonly string[]) => Promise<number>;

/** The backend of the tests, as an argument. */
export const BACKEND = ['--backend', (process.env['TFJS_PRUNING_BACKEND'] ?? 'wasm') as FastestBackend];

/** Runs a command in this process, and returns what it printed. */
export async function output(command: Command, ...args: string[]): Promise<string> {
  let text = '';
  const written = jest.spyOn(process.stdout, 'write').mockImplementation(part => {
    text += part.toString();
    return true;
  });
  try {
    expect(await command([...args, ...BACKEND])).toBe(0);
  } finally {
    written.mockRestore();
  }
  return text;
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
