/** Lets a training pass, or stops it until it is opened again. */
export class Gate {
  #opened = Promise.resolve();
  #open: () => void = () => undefined;

  /** Stops what comes next. */
  close(): void {
    this.open();
    this.#opened = new Promise(resolve => (this.#open = resolve));
  }

  /** Lets all pass that wait. */
  open(): void {
    this.#open();
  }

  /** Waits while it is closed. */
  passed(): Promise<void> {
    return this.#opened;
  }
}
