import type {ModelGate} from '../layers/prunable.js';
import {expectFunction} from '../options/expect.js';
import {saveable} from '../parametrizations/declare-parametrization.js';
import {weights} from '../structures/weights.js';
import {addGates} from './add-gates.js';
import {rememberGate} from './declared-gates.js';
import type {MakeGate} from './gate.js';

/** Gates with their options, to be put on layers by `prunable(model, {gate})`: what a declared factory returns. */
export interface DeclaredGate extends ModelGate {
  /** The name they were declared by, which files hold. */
  readonly name: string;
  /** The options, as files hold them. */
  readonly args: object;
  /** Makes the gates of one weight. */
  readonly make: MakeGate;
}

/** Options may be left out if all of them may. */
type Factory<Args extends object> = (
  ...args: Partial<Args> extends Args ? [args?: Args] : [args: Args]
) => DeclaredGate;

/**
 * Declares gates of your own, which multiply groups of weights, are trained with them by {@link LearnedMasks}, and end
 * as masks. Also declare them wherever saved models that use them are loaded.
 *
 * @param name the name they are saved under.
 * @param make checks the options, its `args`, and returns a function that makes the gates of one weight. Options must
 *     survive `model.save`: numbers, booleans, camelCase strings, and lists and objects of these.
 * @returns the factory: it takes the options, and returns what `prunable` takes as `gate`.
 * @throws TypeError if the name is empty or `make` is not a function.
 *
 * @example
 * const sigmoidGate = declareGate('SigmoidGate', ({first = 3}: {first?: number}) => (groups, addVariable) => {
 *   const logits = addVariable('logits', {initializer: tf.initializers.constant({value: first})});
 *   const openness = () => tf.sigmoid(logits.read());
 *   return {openness, values: ({training}) => (training ? openness() : tf.round(openness()))};
 * });
 * const model = prunable(net, {gate: sigmoidGate(), structure: filters(), layers: /conv/});
 */
export function declareGate<Args extends object>(name: string, make: (args: Args) => MakeGate): Factory<Args> {
  expectFunction('make', make, 'of the options');
  const factory = (args: object = {}): DeclaredGate => {
    const own = saveable(name, args);
    const gate: DeclaredGate = {
      name,
      args: own,
      make: expectFunction(name, make(own as Args), 'of groups and addVariable'),
      addTo: (model, structure = weights(), layers) => addGates(model, gate, structure, layers),
    };
    return gate;
  };
  // errors call it as users do: hardConcrete
  Object.defineProperty(factory, 'name', {value: name.charAt(0).toLowerCase() + name.slice(1)});
  rememberGate(name, factory);
  return factory;
}
