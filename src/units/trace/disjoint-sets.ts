/** Disjoint sets of numbers (union-find); a set may be frozen for a reason. */
export class DisjointSets {
  readonly #parents: number[] = [];
  readonly #reasons = new Map<number, string>();

  /** Adds sets of one element; returns the elements. */
  add(count: number): Int32Array {
    const first = this.#parents.length;
    const added = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      this.#parents.push(first + i);
      added[i] = first + i;
    }
    return added;
  }

  get count(): number {
    return this.#parents.length;
  }

  /** The element that represents the set of another one. */
  find(thing: number): number {
    const parents = this.#parents;
    let root = thing;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]!]!;
      root = parents[root]!;
    }
    return root;
  }

  /** Merges two sets. If one is frozen, both are; the first reason is kept. */
  union(a: number, b: number): void {
    const [first, second] = [this.find(a), this.find(b)];
    if (first === second) return;
    // The smaller number represents both, so that sets are in the order of their first elements.
    const [root, other] = first < second ? [first, second] : [second, first];
    this.#parents[other] = root;
    const reason = this.#reasons.get(root) ?? this.#reasons.get(other);
    if (reason !== undefined) this.#reasons.set(root, reason);
  }

  /** Freezes a set. If it is already frozen, its first reason is kept, unless this one is better. */
  freeze(thing: number, reason: string, {isBetter = false} = {}): void {
    const root = this.find(thing);
    if (isBetter || !this.#reasons.has(root)) this.#reasons.set(root, reason);
  }

  /** Why a set is frozen; undefined if it is not. */
  reasonOf(thing: number): string | undefined {
    return this.#reasons.get(this.find(thing));
  }
}

/** Disjoint sets of any numbers: each is in a set of its own until it is merged. */
export class MergedNumbers {
  readonly #parents = new Map<number, number>();

  /** The number that represents the set of another one. */
  find(number: number): number {
    const parent = this.#parents.get(number);
    return parent === undefined ? number : this.find(parent);
  }

  union(a: number, b: number): void {
    const [root, other] = [this.find(a), this.find(b)];
    if (root !== other) this.#parents.set(other, root);
  }
}
