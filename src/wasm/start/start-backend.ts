import {engine, getBackend, ready, setBackend, type KernelBackend} from '@tensorflow/tfjs-core';
import {withoutErrorListeners} from '../process-listeners.js';

type Factory = () => KernelBackend | Promise<KernelBackend>;

/** A backend that is starting. */
export interface Start {
  /** Resolves once tf.js uses the backend; rejects with the reason why it does not start. */
  readonly started: Promise<void>;
  /** Disposes the backend if it starts after all. */
  readonly abandon: () => void;
}

/**
 * Starts a registered backend and sets it. `tf.setBackend` returns false where the backend does not start, and keeps
 * the reason for the console.
 */
export function startBackend(name: string): Start {
  let reason: unknown;
  let abandoned = false;
  const watched = (factory: Factory) => () => {
    try {
      const backend = factory();
      void Promise.resolve(backend).then(
        late => abandoned && late.dispose(),
        (error: unknown) => (reason = error),
      );
      return backend;
    } catch (error) {
      reason = error;
      throw error;
    }
  };
  const start = async () => {
    const before = getBackend() as string | null;
    if (await withoutErrorListeners(() => set(name, watched))) return ready();
    await goBack(name, before);
    throw asError(reason);
  };
  return {started: start(), abandon: () => (abandoned = true)};
}

/** `tf.setBackend` with another factory. It calls the factory before it returns. */
function set(name: string, wrap: (factory: Factory) => Factory): Promise<boolean> {
  const entry = engine().registryFactory[name]!;
  const {factory} = entry;
  entry.factory = wrap(factory);
  try {
    return setBackend(name);
  } finally {
    entry.factory = factory;
  }
}

/** tf.js would go on with a backend that has not started. */
async function goBack(failed: string, before: string | null): Promise<void> {
  if (getBackend() !== failed || failed in engine().registry) return;
  if (before !== null && before in engine().registry) await setBackend(before);
  else engine().backendName = null as never; // as before the first backend: the next operation starts the best
}

/** The wasm backend rejects with a plain object. */
function asError(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  const {message} = (reason ?? {}) as {message?: unknown};
  const text = typeof message === 'string' ? message : 'another backend was set in the meantime';
  return new Error(text, {cause: reason});
}
