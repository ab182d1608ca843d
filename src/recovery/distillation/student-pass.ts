import * as tf from '@tensorflow/tfjs-core';
import {currentTape, innerModel, isInFit, type Model} from '../../tfjs-internals.js';
import {keptClone, watchTaps, type Tap} from './tapped-tensors.js';

/** What the pass of a student in training shows: its inputs, its outputs and features, still to be differentiated. */
export class StudentPass {
  readonly #model: Model;
  readonly #taps: readonly Tap[];
  readonly #seen = new Map<Tap, tf.Tensor>();
  readonly #stop: () => void;
  /** Tells passes apart. */
  #moment: object | undefined;

  /**
   * @param begins is called at the beginning of each pass.
   */
  constructor(model: Model, taps: readonly Tap[], begins: () => void) {
    this.#model = model;
    this.#taps = taps;
    this.#stop = watchTaps(taps, (tap, tensor, training) => {
      const now = training ? momentOf(model) : undefined;
      if (!now) return;
      if (now !== this.#moment || this.#seen.has(tap)) {
        this.forget();
        begins();
        this.#moment = now;
      }
      this.#seen.set(tap, keptClone(tensor));
    });
  }

  /** Whether the student's pass has begun, and it is not forgotten. */
  get isRunning(): boolean {
    return this.#moment !== undefined && this.#moment === momentOf(this.#model);
  }

  /** The tensors of the running pass by their taps, until it is forgotten; undefined if it has not seen them all. */
  get seen(): ReadonlyMap<Tap, tf.Tensor> | undefined {
    return this.isRunning && this.#seen.size === this.#taps.length ? this.#seen : undefined;
  }

  /** Lets go of the pass. */
  forget(): void {
    tf.dispose([...this.#seen.values()]);
    this.#seen.clear();
    this.#moment = undefined;
  }

  /** Sees no more passes. */
  stop(): void {
    this.#stop();
    this.forget();
  }
}

/** What a pass belongs to: a tape of gradients, or a fit that computes a loss without them. */
function momentOf(model: Model): object | undefined {
  return currentTape() ?? (isInFit(innerModel(model)) ? model : undefined);
}
