/** What a layer costs at ascending sparsities, never falling, from nothing at 0. */
export type Curve = readonly (readonly [sparsity: number, cost: number])[];

/** A curve through points of ascending sparsity; a cost that falls is treated as the largest before. */
export function risingCurve(points: readonly (readonly [sparsity: number, cost: number])[]): Curve {
  const curve: [number, number][] = [[0, 0]];
  for (const [sparsity, cost] of points) {
    if (sparsity > 0) curve.push([sparsity, Math.max(cost, curve.at(-1)![1])]);
  }
  return curve;
}

/** The largest sparsity that costs no more, interpolated between the points. */
export function sparsityAt(curve: Curve, cost: number): number {
  if (cost < 0) return 0;
  const next = curve.findIndex(([, more]) => more > cost);
  if (next < 0) return curve.at(-1)![0];
  const [[s0, cost0], [s1, cost1]] = [curve[next - 1]!, curve[next]!];
  return s0 + ((s1 - s0) * (cost - cost0)) / (cost1 - cost0);
}
