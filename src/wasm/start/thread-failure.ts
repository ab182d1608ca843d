/** How long a build with threads may take to start, download included, in milliseconds. */
const DEADLINE = 20_000;
/** How many workers the backend starts, whatever the number of threads in use. */
const WORKERS = 8;

/** What waits for the threads of the wasm backend to fail. */
export interface Watch {
  /** Rejects when a thread fails, or when they take too long. The watch goes on, for all the others that will fail. */
  readonly failure: Promise<never>;
  /** Ends the watch of threads that have started. */
  readonly end: () => void;
}

/**
 * Watches the threads of the wasm backend while they start: tf.js hangs if one of them fails. Its glue code
 * throws the error event of the worker again, in the page; that is how a failed thread is known here, and ended.
 */
export function watchThreads(): Watch {
  let workers = WORKERS;
  let end!: () => void;
  const failure = new Promise<never>((_, reject) => {
    const onError = (event: ErrorEvent) => {
      const thrown = event.error as unknown;
      if (!isOfWorker(thrown)) return;
      // Both: a worker fails, too, where one that it has started fails and nobody has handled that.
      event.preventDefault();
      thrown.preventDefault();
      thrown.target.terminate();
      if (--workers === 0) end();
      reject(new Error(messageOf(thrown) ?? 'a worker failed'));
    };
    const onViolation = ({blockedURI, effectiveDirective}: SecurityPolicyViolationEvent) => {
      if (!blockedURI.startsWith('blob')) return;
      end();
      reject(new Error(`the content security policy of the page has no blob: in its ${effectiveDirective}`));
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`not started after ${DEADLINE / 1000} s`));
    }, DEADLINE);
    const {addEventListener, removeEventListener} = globalThis as Partial<typeof globalThis>; // Node has neither
    addEventListener?.('error', onError);
    addEventListener?.('securitypolicyviolation', onViolation);
    end = () => {
      clearTimeout(timer);
      removeEventListener?.('error', onError);
      removeEventListener?.('securitypolicyviolation', onViolation);
    };
  });
  return {failure, end};
}

/** Whether what was thrown is an event of a worker. */
function isOfWorker(thrown: unknown): thrown is Event & {target: Worker} {
  return typeof Worker !== 'undefined' && thrown instanceof Event && thrown.target instanceof Worker;
}

function messageOf(event: Event): string | undefined {
  return 'message' in event && typeof event.message === 'string' ? event.message : undefined;
}
