import defaults from 'lodash/defaults.js';
import isEqual from 'lodash/isEqual.js';
import uniq from 'lodash/uniq.js';
import {mostAt} from '../../allocations/limits.js';
import {selectLayers, type LayerSelector, type PlacedLayer} from '../../layers/layer-selector.js';
import {modelLayers} from '../../layers/model-layers.js';
import type {Model} from '../../tfjs-internals.js';
import type {ChannelPlan} from './channel-plan.js';
import type {ChannelGroup} from '../trace/channel-trace.js';
import type {ChannelLimits, LayerChannelRule, PlanOptions} from './plan-options.js';

/** A group, and what the options say of it. */
export interface RuledGroup extends Required<ChannelLimits> {
  readonly group: ChannelGroup;
  /** How many channels it had before anything was removed. */
  readonly initial: number;
  /** Why all of it stays; undefined where some may go. */
  readonly stays: string | undefined;
  /** What goes of it, whatever the target. */
  readonly sparsity: number | undefined;
}

/**
 * What the options say of each group.
 *
 * @throws TypeError where a selector is none; RangeError where it matches no layer, where `perLayer` names one whose channels
 *     all stay or asks for two things of the same group, or where `previous` left another model.
 */
export function ruleGroups(model: Model, groups: readonly ChannelGroup[], options: PlanOptions): RuledGroup[] {
  const {minChannels, maxSparsity, roundTo} = options;
  const whyStaying = reasonsToStay(model, options);
  const ruleOf = rulesByGroup(model, groups, whyStaying, options);
  return groups.map(group => {
    const rule = {sparsity: undefined, ...defaults({...ruleOf(group)}, {minChannels, maxSparsity, roundTo})};
    const stays = whyStaying(group) ?? tooSmall(group, rule.roundTo);
    return {...rule, group, stays, initial: initialOf(group, options.previous)};
  });
}

/** The fewest channels that a group may keep, and what says so. */
export function fewestKept({group, initial, minChannels, maxSparsity, roundTo}: RuledGroup): {
  kept: number;
  reason: string;
} {
  const limits = [
    {kept: minChannels, reason: `minChannels ${minChannels}`},
    {kept: initial - mostAt(maxSparsity, initial), reason: `maxSparsity ${maxSparsity} of ${initial} at first`},
    {kept: roundTo, reason: `roundTo ${roundTo}`},
  ];
  const {kept, reason} = limits.reduce((tightest, limit) => (limit.kept > tightest.kept ? limit : tightest));
  const rounded = Math.ceil(kept / roundTo) * roundTo;
  const rounding = rounded > kept ? `, roundTo ${roundTo}` : '';
  return {kept: Math.min(rounded, group.units.length), reason: `are held by ${reason}${rounding}`};
}

/** The layers that a selector chooses, as a test of the paths of layers inside them. */
function chosenBy(model: Model, selector: LayerSelector, option: string): (paths: readonly string[]) => boolean {
  const chosen = selectLayers<PlacedLayer>(modelLayers(model), selector, 'layers of the model', option);
  return paths => paths.some(inner => chosen.some(({path}) => inner === path || inner.startsWith(`${path}/`)));
}

/** Why a group stays, if it does. */
type Reasons = (group: ChannelGroup) => string | undefined;

function reasonsToStay(model: Model, {layers, keepOutputs, keepInputs}: PlanOptions): Reasons {
  const isChosen = layers === undefined ? () => true : chosenBy(model, layers, 'layers');
  const isMade = keepOutputs === undefined ? () => false : chosenBy(model, keepOutputs, 'keepOutputs');
  const isTaken = keepInputs === undefined ? () => false : chosenBy(model, keepInputs, 'keepInputs');
  return ({frozen, layers: makers, consumers}) => {
    if (frozen !== undefined) return frozen;
    if (!isChosen(makers)) return 'are not among `layers`';
    if (isMade(makers)) return 'are kept by `keepOutputs`';
    return isTaken(consumers) ? 'are kept by `keepInputs`' : undefined;
  };
}

function rulesByGroup(
  model: Model,
  groups: readonly ChannelGroup[],
  whyStaying: Reasons,
  {perLayer}: PlanOptions,
): (group: ChannelGroup) => LayerChannelRule | undefined {
  const rules = new Map<ChannelGroup, {layer: string; rule: LayerChannelRule}>();
  for (const [layer, rule] of Object.entries(perLayer)) {
    const covers = chosenBy(model, layer, 'perLayer');
    const covered = groups.filter(group => covers(group.layers));
    expectSomeToGo(layer, covered, whyStaying);
    for (const group of covered) {
      const other = rules.get(group);
      if (other && !isEqual(other.rule, rule)) throw coupled(group, other.layer, layer);
      rules.set(group, {layer, rule});
    }
  }
  return group => rules.get(group)?.rule;
}

function expectSomeToGo(layer: string, groups: readonly ChannelGroup[], whyStaying: Reasons): void {
  if (groups.some(group => whyStaying(group) === undefined)) return;
  const why = uniq(groups.map(group => `they ${whyStaying(group)}`)).join('; ') || 'it makes none';
  throw new RangeError(
    `Expected \`perLayer\` to name layers with channels that can go, but not those of "${layer}": ${why}`,
  );
}

function coupled({name}: ChannelGroup, one: string, other: string): RangeError {
  return new RangeError(
    `Expected \`perLayer\` to ask for one thing of the coupled channels of "${name}", but it asks for different ones ` +
      `under "${one}" and "${other}"; leave one out`,
  );
}

function tooSmall({units: {length}}: ChannelGroup, roundTo: number): string | undefined {
  return length < roundTo ? `are fewer than roundTo ${roundTo}` : undefined;
}

function initialOf({name, units: {length}}: ChannelGroup, previous: ChannelPlan | undefined): number {
  if (!previous) return length;
  const before = previous.groups.find(group => group.name === name);
  if (before?.after === length) return before.initial;
  throw new RangeError(
    `Expected \`previous\` to be the plan whose surgery has made this model, but of the ${length} channels of "${name}" ` +
      `it ${before ? `leaves ${before.after}` : 'says nothing'}; hand over the last plan, or none`,
  );
}
