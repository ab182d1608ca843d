/** The parts of Node's `process` in use, declared here so that the library does not need the types of Node. */
interface Process {
  listeners(event: string): ((...args: unknown[]) => void)[];
  removeListener(event: string, listener: (...args: unknown[]) => void): void;
}

const EVENTS = ['uncaughtException', 'unhandledRejection'];

/**
 * Runs `start` and removes the error listeners that it adds to Node's `process`. The glue code of the wasm backend
 * catches every uncaught error of the program only to throw it again, which makes Node print 60 kB of that code before
 * the error.
 */
export async function withoutErrorListeners<T>(start: () => Promise<T>): Promise<T> {
  const {process} = globalThis as {process?: Partial<Process>};
  if (typeof process?.listeners !== 'function') return start();
  const node = process as Process;
  const before = EVENTS.map(event => new Set(node.listeners(event)));
  try {
    return await start();
  } finally {
    EVENTS.forEach((event, i) => {
      for (const listener of node.listeners(event)) {
        if (!before[i]!.has(listener)) node.removeListener(event, listener);
      }
    });
  }
}
