import {roundHalfEven} from '../math/round-half-even.js';
import {isList, received} from '../options/expect.js';
import type {Proposal, SearchedLayer, SearchPolicy} from './policies/policy.js';
import {countOfChoice, type Choice, type Terrain} from './spaces/space.js';

/** Turns what a policy proposes into what goes of each layer. */
export function choiceOf(policy: SearchPolicy, layers: readonly SearchedLayer[], proposal: Proposal): Choice {
  const {rates, removed} = Object(proposal) as Proposal;
  if (removed !== undefined) return layers.map((layer, i) => groupsOf(policy, layer, removed[i]));
  if (!isList(rates) || rates!.length !== layers.length || ![...rates!].every(Number.isFinite)) {
    const got = isList(rates) ? `[${rates!.join()}]` : received(rates ?? proposal);
    throw new TypeError(
      `Expected the policy "${policy.name}" to propose rates for ${layers.length} layers, got ${got}`,
    );
  }
  return layers.map(({size, least, most}, i) => {
    const count = roundHalfEven(size * Math.min(Math.max(rates![i]!, least), most));
    return Math.min(Math.max(count, Math.round(size * least)), Math.round(size * most));
  });
}

/** The same rates, as they are carried out. */
export function ratesOf(layers: readonly SearchedLayer[], choice: Choice): number[] {
  return choice.map((gone, i) => countOfChoice(gone) / layers[i]!.size);
}

/** A text for each choice; single groups that are just the worst count as a number of them. */
export function keyOf(choice: Choice): string {
  return JSON.stringify(choice);
}

/** Groups that are the worst of a layer are what a rate would remove. */
function groupsOf(policy: SearchPolicy, layer: SearchedLayer, removed: readonly number[] | undefined): Choice[number] {
  const {name, size, least, most} = layer;
  const places = isList(removed) ? [...removed!].sort((a, b) => a - b) : [];
  const isFine = (place: number, i: number) => Number.isInteger(place) && place < size && place > (places[i - 1] ?? -1);
  const gone = Math.round(size * least);
  const holdsGone = Array.from({length: gone}, (_, i) => i).every(place => places[place] === place);
  if (!isList(removed) || !places.every(isFine) || places.length > Math.round(size * most) || !holdsGone) {
    const got = isList(removed) ? `[${removed!.join()}]` : received(removed);
    throw new RangeError(
      `Expected the policy "${policy.name}" to name different groups of "${name}", at most ` +
        `${Math.round(size * most)} of ${size}, among them the ${gone} that are gone, got ${got}`,
    );
  }
  return places.every((place, i) => place === i) ? places.length : places;
}

/** What goes at most. */
export function mostOf({layers}: Pick<Terrain<unknown>, 'layers'>): Choice {
  return layers.map(({size, most}) => Math.round(size * most));
}
