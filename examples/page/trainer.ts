import type {Report, Request} from './protocol.js';

/** The worker, which is started anew for each training, so that nothing of the last one is left. */
export class Trainer {
  readonly #hear: (report: Report) => void;
  #worker: Worker | undefined;

  constructor(hear: (report: Report) => void) {
    this.#hear = hear;
  }

  /** Ends what runs; the next request begins from nothing. */
  reset(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  ask(request: Request): void {
    this.#worker ??= this.#start(request.type);
    this.#worker.postMessage(request);
  }

  #start(request: Request['type']): Worker {
    const worker = new Worker(new URL('./training/worker.ts', import.meta.url), {type: 'module'});
    worker.onmessage = ({data}: MessageEvent<Report>) => this.#hear(data);
    worker.onerror = ({message}) =>
      this.#hear({type: 'failed', request, reason: message || 'The worker did not start'});
    return worker;
  }
}
