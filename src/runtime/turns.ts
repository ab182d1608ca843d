/** Does one thing after the other, in the order in which they are asked for. */
export class Turns {
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Does something as soon as what it needs is there, and all before is done. */
  async take<N, R>(needed: Promise<N>, work: (needed: N) => R | Promise<R>): Promise<R> {
    const before = this.#last;
    const result = Promise.all([needed, before]).then(([given]) => work(given));
    this.#waiting++;
    const end = () => {
      this.#waiting--;
    };
    this.#last = Promise.all([before, result.then(end, end)]);
    return result;
  }

  /** Does something at once if nothing is waiting. */
  next(work: () => void): void {
    if (this.#waiting === 0) work();
    else void this.take(Promise.resolve(), work);
  }
}
