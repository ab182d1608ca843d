import * as tfl from '@tensorflow/tfjs-layers';

/** Tells when an epoch is over. */
export class EpochListener extends tfl.Callback {
  readonly #onEpoch: () => void;

  constructor(onEpoch: () => void) {
    super();
    this.#onEpoch = onEpoch;
  }

  override onEpochEnd(): Promise<void> {
    this.#onEpoch();
    return Promise.resolve();
  }
}
