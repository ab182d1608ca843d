import type {Report} from '../protocol.js';
import {byId} from './element.js';
import {percent} from './number-format.js';

type Told<T extends Report['type']> = Extract<Report, {readonly type: T}>;

/** How far the training is, the button that stops it, and what is said of it to those who do not see the charts. */
export class Status {
  readonly #train = byId('train', HTMLButtonElement);
  readonly #pause = byId('pause', HTMLButtonElement);
  readonly #progress = byId('progress', HTMLProgressElement);
  readonly #text = byId('status', HTMLElement);
  #isPaused = false;
  #step = 0;
  #steps = 1;
  #stepsPerEpoch = 1;

  /** Calls back with whether the training is to stop, or else to go on. */
  onPause(callback: (isPaused: boolean) => void): void {
    this.#pause.addEventListener('click', () => {
      this.#setPaused(!this.#isPaused);
      callback(this.#isPaused);
      this.#text.textContent = this.#isPaused ? `Stopped at step ${this.#step} of ${this.#steps}.` : 'Going on.';
    });
  }

  fetching(): void {
    this.#setPaused(false);
    this.#step = 0;
    this.#train.textContent = 'Start over';
    this.#pause.disabled = false;
    this.#progress.removeAttribute('value');
    this.#text.textContent = 'Fetching the digits.';
  }

  began({steps, stepsPerEpoch}: Told<'began'>): void {
    [this.#steps, this.#stepsPerEpoch] = [steps, stepsPerEpoch];
    this.#progress.max = steps;
    this.#progress.value = 0;
    if (!this.#isPaused) this.#text.textContent = 'Training.';
  }

  step({step}: Told<'step'>): void {
    this.#step = step;
    this.#progress.value = step;
  }

  /** Says something once an epoch, so that a screen reader is not flooded. */
  checkup({step, dense, sparse}: Told<'checkup'>): void {
    const epoch = Math.ceil(step / this.#stepsPerEpoch);
    const epochs = Math.round(this.#steps / this.#stepsPerEpoch);
    const zeros = percent(1 - sparse.weightsLeft / sparse.weights, 0);
    if (this.#isPaused) return;
    this.#text.textContent =
      `Epoch ${epoch} of ${epochs}: dense ${percent(dense.accuracy)} right, ` +
      `pruned ${percent(sparse.accuracy)} at ${zeros} zeros.`;
  }

  ended({dense, sparse}: Told<'ended'>): void {
    this.#end();
    const zeros = percent(1 - sparse.weightsLeft / sparse.weights, 0);
    this.#text.textContent =
      `Done: the dense net reads ${percent(dense.accuracy, 2)} of the test digits, ` +
      `the pruned one ${percent(sparse.accuracy, 2)} at ${zeros} zeros.`;
  }

  failed(reason: string): void {
    this.#end();
    this.#text.textContent = `It failed: ${reason}`;
  }

  #end(): void {
    this.#setPaused(false);
    this.#pause.disabled = true;
    this.#progress.max = 1;
    this.#progress.value = 1;
  }

  #setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#pause.textContent = isPaused ? 'Go on' : 'Stop';
  }
}
