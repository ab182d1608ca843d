/** A loop over arrays: how often, and how far on in each of them. */
export interface Loop {
  readonly count: number;
  readonly steps: readonly number[];
}

/** Loops in the order in which the last array is walked through, with those merged that go on from one another. */
export function mergedLoops(loops: readonly Loop[]): Loop[] {
  const inOrder = loops.filter(({count}) => count !== 1).sort((a, b) => b.steps.at(-1)! - a.steps.at(-1)!);
  const merged: Loop[] = [];
  for (const inner of inOrder) {
    const outer = merged.at(-1);
    const goesOn = outer?.steps.every((step, i) => step === inner.count * inner.steps[i]!);
    if (goesOn) merged.splice(-1, 1, {count: outer!.count * inner.count, steps: inner.steps});
    else merged.push(inner);
  }
  return merged;
}

/** As many loops as kernels know, with those missing added outside. */
export function fourLoops(loops: readonly Loop[], arrays: number): Loop[] {
  const once = {count: 1, steps: Array.from({length: arrays}, () => 0)};
  return [...Array.from({length: 4 - loops.length}, () => once), ...loops];
}
