import type {TwinLosses} from './lockstep.js';

/** Means of losses since they were last taken. */
export class LossMeans {
  #sums = {dense: 0, sparse: 0};
  #count = 0;

  add({dense, sparse}: TwinLosses): void {
    this.#sums.dense += dense;
    this.#sums.sparse += sparse;
    this.#count++;
  }

  take(): TwinLosses {
    const means = {dense: this.#sums.dense / this.#count, sparse: this.#sums.sparse / this.#count};
    this.#sums = {dense: 0, sparse: 0};
    this.#count = 0;
    return means;
  }
}
