/** A step of the agent. */
export interface Transition {
  readonly state: readonly number[];
  /** The action in that state. */
  readonly action: number;
  readonly reward: number;
  /** The state that came next; that of the last step is not looked at. */
  readonly next: readonly number[];
  /** Whether it was the last step of an episode. */
  readonly isLast: boolean;
}

/** The last steps of the agent, from which it learns. */
export class Replay {
  readonly #capacity: number;
  #steps: Transition[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(steps: readonly Transition[]): void {
    this.#steps = [...this.#steps, ...steps].slice(-this.#capacity);
  }

  /**
   * Some of the steps, each at most once.
   *
   * @param random uniform random numbers in [0, 1), one for each step that is wanted.
   */
  sample(random: Float32Array): Transition[] {
    const left = [...this.#steps];
    return Array.from(random.slice(0, left.length), number => {
      const place = Math.floor(number * left.length);
      const step = left[place]!;
      left[place] = left.at(-1)!;
      left.pop();
      return step;
    });
  }
}
