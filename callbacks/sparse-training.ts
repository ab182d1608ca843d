import type {Allocation} from '../src/allocations/allocation.js';
import {erdosRenyiKernel} from '../src/allocations/erdos-renyi.js';
import {random} from '../src/criteria/random.js';
import {expectMaskRule} from '../src/masks/mask-rule.js';
import {expectInteger, expectSparsity} from '../src/options/expect.js';
import type {Evidence, EvidenceSource} from '../src/passes/evidence.js';
import type {PrunedWeight} from '../src/masks/pruned-weight.js';
import {sayOnce} from '../src/display/say.js';
import {percent} from '../src/display/table.js';
import {updateMasks} from '../src/masks/update-masks.js';
import type {ZeroCount} from '../src/masks/zero-count.js';
import type {CallbackState} from './callback-state.js';
import {PruningCallback, type PruningCallbackArgs} from './pruning-callback.js';

/** What all callbacks take that train a model which is sparse from its start. */
export interface SparseTrainingArgs extends PruningCallbackArgs {
  /** The fraction of zeros from the first batch on, in [0, 1). */
  sparsity: number;
  /** How the sparsity is shared among layers. Defaults to `erdosRenyiKernel()`: small layers are denser. */
  allocation?: Allocation;
  /**
   * A whole number >= 0 that all chance follows from; drawn by default. Give one for a training that can be repeated.
   */
  seed?: number;
}

/** By how much sparsities differ that are meant to be the same: groups are counted in whole numbers. */
const ROUNDING = 0.01;

/** The option names, for the checks. */
export const SPARSE_TRAINING_OPTIONS = ['sparsity', 'allocation', 'seed', 'layers', 'stepUnit', 'initialStep'] as const;

/**
 * What the callbacks share that train a model which is sparse from its start: before the first batch a dense model gets
 * random masks, and its kernels are zero there; a model that is sparse already keeps the masks that it has. As many
 * weights stay zero at the end of every batch. A method says how their places change.
 *
 * tf.train.rmsprop with `centered` does not go with it: tf.js makes NaN of gradients that are exactly 0 in it, as units
 * have whose connections are all masked or new.
 */
export abstract class SparseTraining extends PruningCallback {
  protected readonly keepsZeros = true;
  readonly #sparsity: number;
  readonly #allocation: Allocation;
  #seed: number;
  #wasSparse = false;

  constructor(args: SparseTrainingArgs) {
    super(args);
    const {sparsity, allocation = erdosRenyiKernel(), seed = Math.floor(Math.random() * 2 ** 31)} = args;
    this.#sparsity = expectSparsity('sparsity', sparsity);
    this.#seed = expectInteger('seed', seed);
    this.#allocation = expectMaskRule({allocation}).allocation;
  }

  /** What all chance follows from. */
  get seed(): number {
    return this.#seed;
  }

  override reset(step = 0): void {
    super.reset(step);
    this.#wasSparse = false;
  }

  override async state(): Promise<CallbackState> {
    const {json, tensors} = await super.state();
    return {json: {...json, seed: this.#seed, wasSparse: this.#wasSparse}, tensors};
  }

  override async onTrainBegin(): Promise<void> {
    await super.onTrainBegin();
    this.#wasSparse = this.sparsity > 0;
  }

  protected override async prune(
    step: number,
    pruned: readonly PrunedWeight[],
    {gathered}: EvidenceSource,
  ): Promise<ZeroCount | undefined> {
    // Training that is resumed at an update has made it.
    if (step !== this.firstStep) return this.rewire(step, pruned, gathered);
    if (this.sparsity > 0) return undefined;
    const rule = expectMaskRule({allocation: this.#allocation, criterion: random({seed: this.#seed})});
    return updateMasks(pruned, this.#sparsity, rule);
  }

  protected override async restoring(state: CallbackState): Promise<() => void> {
    const takeOver = await super.restoring(state);
    const {seed, wasSparse} = state.json as {seed: number; wasSparse: boolean};
    expectInteger('seed', seed);
    return () => {
      takeOver();
      this.#seed = seed;
      this.#wasSparse = wasSparse;
    };
  }

  /** Called at every step after the first; moves connections where it is time to, and returns the zeros afterwards. */
  protected rewire(
    _step: number,
    _pruned: readonly PrunedWeight[],
    _evidence?: Evidence,
  ): Promise<ZeroCount | undefined> {
    return Promise.resolve(undefined);
  }

  /** Masks are drawn once: another model would stay dense. */
  // eslint-disable-next-line @typescript-eslint/require-await -- an error is to be a rejection
  protected override async expectUsable(_pruned: readonly PrunedWeight[]): Promise<void> {
    if (this.step === 0 && this.firstStep === 0) this.#sayIfSparse();
    if (!this.#wasSparse || this.sparsity > 0) return;
    throw new RangeError(
      `${this.constructor.name} has trained a sparse model up to step ${this.step}, but the one in this fit is dense. ` +
        'Use a new callback for each model, or call reset()',
    );
  }

  /** Masks that are there are kept, whatever `sparsity` asks for. */
  #sayIfSparse(): void {
    if (this.sparsity === 0 || Math.abs(this.sparsity - this.#sparsity) < ROUNDING) return;
    sayOnce(
      this,
      this.constructor.name,
      `the model is sparse already: ${percent(this.sparsity)} of its weights are masked. These masks are kept, and none are drawn for ` +
        `\`sparsity\` ${this.#sparsity}; for masks of that sparsity begin with a dense model`,
    );
  }
}
