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
    const {StateKeeper} = await loadStates();
    return new StateKeeper(...this.#args);
  }
}

/** Loads the code for states. Call it early if you will need it late: the page may be offline by then. */
export function loadStates(): Promise<typeof import('./state-keeper.js')> {
  return import('./state-keeper.js');
}
