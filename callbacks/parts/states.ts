import type {CallbackState, ResumableCallback} from './callback-state.js';
import type {StateKeeper} from './state-keeper.js';

/** The states of a callback. The code for them is loaded when first asked: most trainings never are. */
export class States implements ResumableCallback {
  readonly #args: ConstructorParameters<typeof StateKeeper>;

  constructor(...args: ConstructorParameters<typeof StateKeeper>) {
    this.#args = args;
  }

  async state(): Promise<CallbackState> {
    return (await this.#keeper()).state();
  }

  async restore(state: CallbackState): Promise<void> {
    return (await this.#keeper()).restore(state);
  }

  async #keeper(): Promise<StateKeeper> {
    const {StateKeeper} = await import('./state-keeper.js');
    return new StateKeeper(...this.#args);
  }
}
