/** What goes by a plan. */
export interface Removed {
  readonly units: readonly number[];
  /** The ids of the weights of layers that go as a whole. */
  readonly deadWeights: ReadonlySet<number>;
}

/** The removal of nothing. */
export const NOTHING: Removed = {units: [], deadWeights: new Set()};
