/** How long a build with threads may take to start, download included, in milliseconds. */
const DEADLINE = 20_000;

/** What waits for the threads of the wasm backend to fail. */
export interface Watch {
  /** Rejects when a thread fails, or when they take too long. */
  readonly failure: Promise<never>;
  readonly end: () => void;
}

/** A worker, as far as the library needs one. */
interface Terminable {
  terminate(): void;
}

interface GlobalErrors {
  addEventListener?(type: 'error', listener: (event: Event & {error?: unknown}) => void): void;
  removeEventListener?(type: 'error', listener: (event: Event & {error?: unknown}) => void): void;
}

/**
 * Watches the threads of the wasm backend while they start. tf.js itself waits for ever where one of them fails, as all
 * do in most minified bundles: their script is the text of a function, in which `typeof _scriptDir !== 'undefined'`
 * keeps a variable from being read that only the page has. Minifiers shorten that to a comparison, since they see the
 * declaration, and so the thread throws a ReferenceError. The glue code throws the error event of the worker again, in
 * the page; that is how a failed thread is known here, and ended.
 */
export function watchThreads(): Watch {
  const scope = globalThis as GlobalErrors;
  let end!: () => void;
  const failure = new Promise<never>((_, reject) => {
    const onError = (event: Event & {error?: unknown}) => {
      const worker = workerOf(event.error);
      if (!worker) return;
      event.preventDefault();
      worker.terminate();
      const {message} = event.error as {message?: unknown};
      reject(new Error(typeof message === 'string' ? message : 'the page may not start workers from blob: URLs'));
    };
    const timer = setTimeout(() => {
      reject(new Error(`not started after ${DEADLINE / 1000} s`));
    }, DEADLINE);
    scope.addEventListener?.('error', onError);
    end = () => {
      clearTimeout(timer);
      scope.removeEventListener?.('error', onError);
    };
  });
  failure.catch(() => undefined); // it may come when nobody waits any more
  return {failure, end};
}

/** The worker whose error event was thrown. */
function workerOf(error: unknown): Terminable | undefined {
  if (typeof Event === 'undefined' || typeof Worker === 'undefined' || !(error instanceof Event)) return undefined;
  return error.target instanceof Worker ? error.target : undefined;
}
