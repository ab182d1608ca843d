import * as tf from '@tensorflow/tfjs-core';
import {untaped} from '../../gates/untaped.js';
import {identityOf, isDisposed, type Model} from '../../tfjs-internals.js';
import {keptClone, watchTaps, type Tap} from './tapped-tensors.js';

/** What a teacher makes of a batch. */
export interface Lesson {
  readonly outputs: readonly tf.Tensor[];
  readonly features: ReadonlyMap<Tap, tf.Tensor>;
}

/** A teacher, which runs once on each batch, as in `predict` and without gradients. */
export class Teacher {
  readonly #model: Model;
  readonly #taps: readonly Tap[];
  #batch: readonly object[] = [];
  #lesson: Lesson | undefined;

  /** @param taps the features that it shows. */
  constructor(model: Model, taps: readonly Tap[]) {
    this.#model = model;
    this.#taps = taps;
  }

  /** Whether this batch is the one that the teacher has seen last. */
  knows(inputs: readonly tf.Tensor[]): boolean {
    return this.#lesson !== undefined && inputs.every((input, i) => identityOf(input) === this.#batch[i]);
  }

  /** What it makes of a batch; the tensors are kept until it forgets them or sees another batch. */
  teach(inputs: readonly tf.Tensor[]): Lesson {
    if (!this.knows(inputs)) {
      this.forget();
      this.#lesson = this.#run(inputs);
      this.#batch = inputs.map(identityOf);
    }
    return this.#lesson!;
  }

  forget(): void {
    tf.dispose([...(this.#lesson?.outputs ?? []), ...(this.#lesson?.features.values() ?? [])]);
    this.#lesson = undefined;
  }

  /** @throws Error if it was disposed. */
  expectAlive(): void {
    if (!isDisposed(this.#model) && !this.#model.layers.some(isDisposed)) return;
    throw new Error(
      `Teacher "${this.#model.name}" was disposed while a student learns from it; remove() what distill returned first`,
    );
  }

  #run(inputs: readonly tf.Tensor[]): Lesson {
    const features = new Map<Tap, tf.Tensor>();
    const outputs: tf.Tensor[] = [];
    const stop = watchTaps(this.#taps, (tap, tensor) => void features.set(tap, keptClone(tensor)));
    try {
      untaped(() => {
        outputs.push(...[this.#model.call([...inputs], {training: false})].flat().map(keptClone));
        return tf.scalar(0);
      }).dispose();
    } catch (error) {
      tf.dispose([...features.values()]);
      throw error;
    } finally {
      stop();
    }
    return {outputs, features};
  }
}
