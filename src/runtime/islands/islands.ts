import {sizeOf} from '../../math/size-of.js';
import type {Program, ProgramPart} from '../emit/emit.js';
import type {Machine} from '../machine.js';
import type {ForeignLayers, Tensor, TensorRunner} from './foreign-layers.js';

/** Runs programs with parts that tf.js computes: one at a time, since they share one memory. */
export class Islands {
  readonly #machine: Machine;
  readonly #program: Program;
  readonly #layers: ForeignLayers;
  readonly #tf: TensorRunner;
  #isRunning = false;

  constructor(machine: Machine, program: Program, layers: ForeignLayers, tf: TensorRunner) {
    [this.#machine, this.#program, this.#layers] = [machine, program, layers];
    this.#tf = tf;
  }

  /** Does something that runs the program, during which nothing else may. */
  async alone<R>(work: () => Promise<R>): Promise<R> {
    this.#isRunning = true;
    try {
      return await work();
    } finally {
      this.#isRunning = false;
    }
  }

  /** @throws Error while the program runs. */
  expectIdle(): void {
    if (!this.#isRunning) return;
    throw new Error('Expected a compiled model that computes nothing; await its `predict` before the next `run`');
  }

  /** Runs the program within a turn; tensors may be on another device. */
  async run(): Promise<void> {
    for (const stage of stages(this.#program)) {
      const tensors = this.#begun(stage);
      try {
        this.#finish(stage, await Promise.all(tensors.map(tensor => tensor.data())));
      } finally {
        for (const tensor of tensors) tensor.dispose();
      }
    }
  }

  /** Runs the program at once. @throws Error while it runs. */
  runSync(): void {
    this.expectIdle();
    this.#isRunning = true;
    try {
      for (const stage of stages(this.#program)) this.runStage(stage);
    } finally {
      this.#isRunning = false;
    }
  }

  /** Runs a part of the program, and the layer behind it. */
  runStage(stage: Stage): void {
    const tensors = this.#begun(stage);
    try {
      const numbers = tensors.map(tensor => tensor.dataSync());
      this.#finish(stage, numbers);
    } finally {
      for (const tensor of tensors) tensor.dispose();
    }
  }

  /** The outputs of the layer behind a part of the program. */
  #begun({begin, end, island}: Stage): readonly Tensor[] {
    const {memory} = this.#machine;
    this.#machine.run(begin, end);
    if (!island) return [];
    const {by, inputs} = island;
    return this.#tf.tidy(() => {
      const tensors = by.inputs.map(({shape, dtype}, i) => {
        // A copy: tensors of some backends hold the array that they were made of.
        const values = new Float32Array(memory, inputs[i], sizeOf(shape)).slice();
        return this.#tf.tensor(values, shape, dtype);
      });
      // Clones: a layer may give what it keeps.
      return (by.apply(tensors) as readonly Tensor[]).map(tensor => tensor.clone());
    });
  }

  /** Writes the outputs down: all of the first of the batch, then those of the next. */
  #finish({island}: Stage, numbers: readonly ArrayLike<number>[]): void {
    if (!island) return;
    const {outputShapes} = island.by;
    const batch = outputShapes[0]![0]!;
    const to = new Float32Array(this.#machine.memory, island.output);
    let at = 0;
    for (let image = 0; image < batch; image++) {
      numbers.forEach((values, i) => {
        const size = sizeOf(outputShapes[i]!) / batch;
        for (let j = 0; j < size; j++) to[at++] = values[image * size + j]!;
      });
    }
  }

  get areStateful(): boolean {
    return this.#layers.areStateful;
  }

  resetStates(): void {
    if (!this.areStateful) return;
    this.expectIdle();
    this.#layers.resetStates();
  }

  dispose(): void {
    this.#layers.dispose();
  }
}

type Stage = Pick<ProgramPart, 'begin' | 'end' | 'island'>;

/** From one layer of tf.js to the next. */
function* stages({parts, begin, end}: Program): Generator<Stage> {
  let from = begin;
  for (const {end, island} of parts) {
    if (!island) continue;
    yield {begin: from, end, island};
    from = end;
  }
  yield {begin: from, end};
}
