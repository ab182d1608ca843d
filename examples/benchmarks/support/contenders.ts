import {fork, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import type {Answer, Request} from './train-steps.js';

/** A process that trains nets when asked, and answers with the time of a step or an error. */
export interface Contender {
  readonly name: string;
  ask(request: Request): Promise<Answer>;
  stop(): void;
}

/** One of the backends that train-steps.ts knows. */
export function backend(name: string): Contender {
  const process = fork(new URL('./train-steps.ts', import.meta.url), [name], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return {
    name,
    ask: async request => {
      process.send(request);
      return ((await once(process, 'message')) as [Answer])[0];
    },
    stop: () => process.kill(),
  };
}

/** PyTorch on so many threads; 0 lets it choose. Set PYTHON to use another python3. */
export function pytorch(name: string, threads: number): Contender {
  const script = fileURLToPath(new URL('./train_steps.py', import.meta.url));
  const python = spawn(process.env['PYTHON'] ?? 'python3', [script, String(threads)], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  python.on('error', () => undefined); // no such python: its output has ended, too
  python.stdin.on('error', () => undefined);
  const lines = createInterface({input: python.stdout})[Symbol.asyncIterator]();
  return {
    name,
    ask: async request => {
      python.stdin.write(`${JSON.stringify(request)}\n`);
      const line = await lines.next();
      return line.done ? {error: 'found no python3 with torch (set PYTHON)'} : (JSON.parse(line.value) as Answer);
    },
    stop: () => python.stdin.end(),
  };
}
