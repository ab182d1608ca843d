import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';

/** A Python process that times something with torch on one thread when asked. */
export interface Torch {
  /** The milliseconds of another run. */
  time: () => Promise<number>;
  stop: () => void;
}

/**
 * Starts a Python with torch; undefined if there is none. Set PYTHON to use another python3.
 *
 * @param program defines `setup()`, which is not timed, and `run(result of setup)`, which is.
 */
export async function torch(program: string): Promise<Torch | undefined> {
  const script = `
import sys, time, torch
torch.set_num_threads(1)
${program}
print('ready', flush=True)
for _ in sys.stdin:
    prepared = setup()
    start = time.perf_counter()
    run(prepared)
    print((time.perf_counter() - start) * 1000, flush=True)
`;
  const python = spawn(process.env['PYTHON'] ?? 'python3', ['-c', script], {stdio: ['pipe', 'pipe', 'ignore']});
  const failed = Promise.race([once(python, 'exit'), once(python, 'error').catch(() => [])]).then(() => undefined);
  const lines = createInterface({input: python.stdout})[Symbol.asyncIterator]();
  const first = await Promise.race([lines.next(), failed]);
  if (first === undefined || first.done === true) return undefined;
  return {
    time: async () => {
      python.stdin.write('\n');
      return Number((await lines.next()).value);
    },
    stop: () => python.stdin.end(),
  };
}
