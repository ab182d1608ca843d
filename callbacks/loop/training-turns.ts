/** The hooks of a user's own training loop. */
export type TrainingHook = 'epochBegin' | 'batchBegin' | 'batchEnd' | 'epochEnd' | 'end';

type Place = 'between epochs' | 'in an epoch' | 'in a batch' | 'over';

const TURNS: Record<TrainingHook, {from: Place; to: Place}> = {
  epochBegin: {from: 'between epochs', to: 'in an epoch'},
  batchBegin: {from: 'in an epoch', to: 'in a batch'},
  batchEnd: {from: 'in a batch', to: 'in an epoch'},
  epochEnd: {from: 'in an epoch', to: 'between epochs'},
  end: {from: 'between epochs', to: 'over'},
};

/** The length of a training. */
export interface TrainingLength {
  readonly epochs: number;
  readonly initialEpoch: number;
  /** Undefined if unknown. */
  readonly batchesPerEpoch: number | undefined;
}

/** The position of a training, and which hooks may come next. */
export class TrainingTurns {
  /** The number of the current epoch. */
  epoch: number;
  /** The number of the current batch in its epoch. */
  batch = -1;
  /** Whether the optimizer may step now. */
  isStepTime = false;
  readonly #length: TrainingLength;
  #place: Place = 'between epochs';
  #last = 'startTraining()';

  constructor(length: TrainingLength) {
    this.#length = length;
    this.epoch = length.initialEpoch - 1;
  }

  /** Whether it has ended, successfully or not. */
  get isOver(): boolean {
    return this.#place === 'over';
  }

  /** Expects that it is a hook's turn; throws an Error or RangeError if not. */
  expect(hook: TrainingHook): void {
    if (this.isOver)
      throw new Error(`Expected no ${hook}() after the end of the training; begin another by startTraining()`);
    if (TURNS[hook].from !== this.#place) {
      const next = Object.entries(TURNS).filter(([, {from}]) => from === this.#place);
      const names = next.map(([name]) => `${name}()`).join(' or ');
      throw new Error(`Expected ${names} after ${this.#last}, got ${hook}()`);
    }
    const {epochs, batchesPerEpoch = Infinity} = this.#length;
    if (hook === 'epochBegin' && this.epoch + 1 >= epochs) throw oneMore('epochs', epochs, hook);
    if (hook === 'batchBegin' && this.batch + 1 >= batchesPerEpoch)
      throw oneMore('batchesPerEpoch', batchesPerEpoch, hook);
  }

  /** Begins a hook. */
  begin(hook: TrainingHook): void {
    this.isStepTime = false;
    if (hook === 'batchBegin') this.batch++;
    if (hook !== 'epochBegin') return;
    this.epoch++;
    this.batch = -1;
  }

  /** Completes a hook. */
  complete(hook: TrainingHook): void {
    if (this.isOver) return;
    this.#place = TURNS[hook].to;
    this.#last = `${hook}()`;
    this.isStepTime = this.#place === 'in a batch';
  }

  /** Ends the training, wherever it is. */
  leave(): void {
    this.#place = 'over';
    this.isStepTime = false;
  }
}

function oneMore(option: string, count: number, hook: TrainingHook): RangeError {
  const [what, next] = option === 'epochs' ? ['epochs', 'end()'] : ['batches in an epoch', 'epochEnd()'];
  return new RangeError(
    `Expected at most \`${option}\` = ${count} ${what}, got ${hook}() once more; call ${next}, or startTraining ` +
      'with more',
  );
}
