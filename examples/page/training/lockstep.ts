import {CustomCallback, type Logs} from '@tensorflow/tfjs-layers';

/** The loss of the same batch in both nets. */
export type TwinLosses = Readonly<Record<'dense' | 'sparse', number>>;

/** Keeps two trainings in step: after each batch one waits for the other, then both for what is done in between. */
export class Lockstep {
  readonly #between: (losses: TwinLosses) => Promise<void>;
  #first: {loss: number; done: (between: Promise<void>) => void} | undefined;

  constructor(between: (losses: TwinLosses) => Promise<void>) {
    this.#between = between;
  }

  /** The callback for one of them, the last in its list. */
  callback(net: 'dense' | 'sparse'): CustomCallback {
    const other = net === 'dense' ? 'sparse' : 'dense';
    const onBatchEnd = (_: number, logs?: Logs): Promise<void> => {
      const loss = logs!['loss']!;
      if (!this.#first) return new Promise(done => (this.#first = {loss, done}));
      const first = this.#first;
      this.#first = undefined;
      const between = this.#between({[net]: loss, [other]: first.loss} as TwinLosses);
      first.done(between);
      return between;
    };
    return new CustomCallback({onBatchEnd}, 'never');
  }
}
