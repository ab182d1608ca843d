import type {WeightLayout} from '../structures/structure.js';
import type {Initializer, LayerVariable} from '../tfjs-internals.js';
import type {DeclaredParametrization} from './declared.js';
import type {Parametrization} from './parametrization.js';

/** A variable of a parametrization, and its initializer. */
export interface AuxiliaryVariable {
  readonly variable: LayerVariable;
  readonly initializer: Initializer;
}

/** The parametrizations of a weight after the mask. */
export interface ParametrizedWeight {
  readonly parametrizations: readonly Parametrization[];
  readonly auxiliary: readonly AuxiliaryVariable[];
}

/** Adds a variable to a layer. */
type AddWeight = (name: string, shape: number[], initializer: Initializer, trainable: boolean) => LayerVariable;

/** Makes the parametrizations of one weight; `addWeight` gets the name and the shape of each variable of theirs. */
export type ParametrizeWeight = (
  declared: readonly DeclaredParametrization[],
  weight: LayerVariable,
  layout: WeightLayout,
  addWeight: AddWeight,
) => ParametrizedWeight;

let parametrizeWeight: ParametrizeWeight | undefined;

/** Gives weights their parametrizations. Declaring one calls it: a page that only prunes loads no code for them. */
export function defineParametrizing(parametrize: ParametrizeWeight): void {
  parametrizeWeight = parametrize;
}

/**
 * The parametrizations of one weight.
 *
 * @throws what `parametrizeWeight` throws.
 */
export const parametrized: ParametrizeWeight = (declared, ...weight) => {
  if (declared.length === 0) return {parametrizations: [], auxiliary: []};
  return parametrizeWeight!(declared, ...weight); // it is there, since they are declared
};
