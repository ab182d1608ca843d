import type {Layer} from '../../tfjs-internals.js';

/** Units that are removed from a model, and the branches that are removed with them. */
export interface Removal {
  readonly units: ReadonlySet<number>;
  /** For each layer that joins branches, the inputs that it no longer takes. */
  readonly dropped: ReadonlyMap<Layer, ReadonlySet<number>>;
  /** The layers, nested models, and layers inside wrappers that outputs no longer depend on. */
  readonly dead: ReadonlySet<Layer>;
  /** A layer that can't work without what is removed; undefined if the removal can be carried out. */
  readonly starved: Layer | undefined;
}

/** The removal of units without any branch. */
export function unitsAlone(units: Iterable<number>): Removal {
  return {units: new Set(units), dropped: new Map(), dead: new Set(), starved: undefined};
}

/** The removal of nothing. */
export const NOTHING = unitsAlone([]);
