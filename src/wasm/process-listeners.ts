/** What is used of Node's `process`: declared here, so that the library needs no types of Node. */
interface Process {
  listeners(event: string): ((...args: unknown[]) => void)[];
  removeListener(event: string, listener: (...args: unknown[]) => void): void;
}

const EVENTS = ['uncaughtException', 'unhandledRejection'];

/**
 * Runs `start`, and takes away the listeners for errors that it left on Node's `process`. The glue code of tfjs's wasm
 * backend catches every uncaught error of the program only to throw it again, and so has Node print 60 kB of that code
 * in front of it.
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
