import defaults from 'lodash/defaults.js';
import isEqual from 'lodash/isEqual.js';
import sortBy from 'lodash/sortBy.js';
import sumBy from 'lodash/sumBy.js';
import uniq from 'lodash/uniq.js';
import {mostAt} from '../../allocations/limits.js';
import {selectLayers, type LayerSelector, type PlacedLayer} from '../../layers/layer-selector.js';
import {modelLayers} from '../../layers/model-layers.js';
import type {Model} from '../../tfjs-internals.js';
import type {ChannelPlan, PlannedGroup} from '../channel-plan.js';
import type {ChannelGroup, ChannelTrace} from '../../units/trace/channel-trace.js';
import type {ChannelLimits, LayerChannelRule, PlanOptions} from './plan-options.js';

/**
 * What holds a group: its place in the model or a selector, a frozen layer, a limit, or a criterion that can't score
 * it.
 */
export type Holder = 'choice' | 'frozen' | 'limits' | 'criterion';

/** A group, and what the options say of it. */
export interface RuledGroup extends Required<ChannelLimits> {
  readonly group: ChannelGroup;
  /** How many channels it had before anything was removed. */
  readonly initial: number;
  /** Why all of it stays; undefined where some may go. */
  readonly stays: string | undefined;
  /** What holds it, where all of it stays. */
  readonly heldBy?: Holder | undefined;
  /** What goes of it, whatever the target. */
  readonly sparsity: number | undefined;
  /** What can't do without any, where the limits let all go: `"head", which needs some`. */
  readonly neededBy?: string | undefined;
}

/**
 * What the options say of each group.
 *
 * @param frozenBy why a frozen layer would have a unit stay: frozen layers are left alone unless `layers` names what
 *     may go.
 * @throws TypeError where a selector is none; RangeError where it matches no layer that it could mean, where `perLayer`
 *     names one whose channels all stay or asks for two things of the same group, or where `previous` left another
 *     model.
 */
export function ruleGroups(
  model: Model,
  trace: ChannelTrace,
  frozenBy: (unit: number) => string | undefined,
  options: PlanOptions,
): RuledGroup[] {
  const {minKept, maxSparsity, roundTo} = options;
  const ends = endsIn(model, trace);
  const whyLeftOut = reasonsToStay(ends, options);
  const whyFrozen: Reasons = ({units}) => (options.layers === undefined ? frozenBy(units[0]!) : undefined);
  const whyStaying: Reasons = group => whyLeftOut(group) ?? whyFrozen(group);
  const ruleOf = rulesByGroup(ends.makers, trace.groups, whyStaying, options);
  const initialOf = initialSizes(trace.groups, options.previous);
  return trace.groups.map(group => {
    const rule = ruled(ruleOf(group), {minKept, maxSparsity, roundTo});
    const held = heldBy({choice: whyLeftOut(group), frozen: whyFrozen(group), limits: tooSmall(group, rule)});
    return {...rule, ...held, group, initial: initialOf(group)};
  });
}

/** The first of some holders that has a reason. */
function heldBy(reasons: Partial<Record<Holder, string | undefined>>): Pick<RuledGroup, 'stays' | 'heldBy'> {
  const holder = (Object.keys(reasons) as Holder[]).find(each => reasons[each] !== undefined);
  return {heldBy: holder, stays: holder && reasons[holder]};
}

/** A sparsity of its own is below 1, and leaves something. */
function ruled(rule: LayerChannelRule | undefined, limits: Required<ChannelLimits>) {
  const own = {sparsity: undefined, ...defaults({...rule}, limits)};
  return own.sparsity === undefined ? own : {...own, minKept: Math.max(1, own.minKept)};
}

/** The fewest channels that a group may keep, and what says so. */
export function fewestKept(limited: RuledGroup): {kept: number; reason: string} {
  const {group, initial, minKept, maxSparsity, roundTo, neededBy} = limited;
  const limits = [
    {kept: minKept, reason: neededBy ?? `minKept ${minKept}`},
    {kept: initial - mostAt(maxSparsity, initial), reason: `maxSparsity ${maxSparsity} of ${initial} at first`},
    {kept: minKept === 0 ? 0 : roundTo, reason: `roundTo ${roundTo}`},
  ];
  const {kept, reason} = limits.reduce((tightest, limit) => (limit.kept > tightest.kept ? limit : tightest));
  const rounded = Math.ceil(kept / roundTo) * roundTo;
  const rounding = rounded > kept ? `, roundTo ${roundTo}` : '';
  return {kept: Math.min(rounded, group.units.length), reason: `are held by ${reason}${rounding}`};
}

/** The layers that a selector can choose at one end of channels. */
interface ChannelEnd {
  readonly what: string;
  readonly layers: readonly PlacedLayer[];
}

function endsIn(model: Model, {sources, axes}: ChannelTrace): Record<'makers' | 'takers', ChannelEnd> {
  const around = (inner: readonly {readonly path: string}[]) =>
    modelLayers(model).filter(layer => inner.some(({path}) => isWithin(layer, path)));
  return {
    makers: {what: 'layers that make channels', layers: around(sources)},
    takers: {what: 'layers that take channels in', layers: around(axes.filter(({role}) => role === 'takes'))},
  };
}

function isWithin({path}: PlacedLayer, inner: string): boolean {
  return inner === path || inner.startsWith(`${path}/`);
}

/** The layers that a selector chooses, as a test of the paths of layers inside them. */
function chosenBy(
  {layers, what}: ChannelEnd,
  selector: LayerSelector,
  option: string,
): (paths: readonly string[]) => boolean {
  const chosen = selectLayers(layers, selector, what, option);
  return paths => paths.some(inner => chosen.some(layer => isWithin(layer, inner)));
}

/** Why a group stays, if it does. */
type Reasons = (group: ChannelGroup) => string | undefined;

function reasonsToStay(
  {makers, takers}: ReturnType<typeof endsIn>,
  {layers, keepOutputs, keepInputs}: PlanOptions,
): Reasons {
  const isChosen = layers === undefined ? () => true : chosenBy(makers, layers, 'layers');
  const isMade = keepOutputs === undefined ? () => false : chosenBy(makers, keepOutputs, 'keepOutputs');
  const isTaken = keepInputs === undefined ? () => false : chosenBy(takers, keepInputs, 'keepInputs');
  return ({frozen, layers: madeBy, consumers}) => {
    if (frozen !== undefined) return frozen;
    if (!isChosen(madeBy)) return 'are not among `layers`';
    if (isMade(madeBy)) return 'are kept by `keepOutputs`';
    return isTaken(consumers) ? 'are kept by `keepInputs`' : undefined;
  };
}

function rulesByGroup(
  makers: ChannelEnd,
  groups: readonly ChannelGroup[],
  whyStaying: Reasons,
  {perLayer}: PlanOptions,
): (group: ChannelGroup) => LayerChannelRule | undefined {
  const rules = new Map<ChannelGroup, {layer: string; rule: LayerChannelRule}>();
  for (const [layer, rule] of Object.entries(perLayer)) {
    const covers = chosenBy(makers, layer, 'perLayer');
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
  const why = uniq(groups.map(group => `they ${whyStaying(group)}`)).join('; ');
  throw new RangeError(
    `Expected \`perLayer\` to name layers with channels that can go, but not those of "${layer}": ${why}; ` +
      'leave it out, or name it in `layers` where it is frozen or not among them',
  );
}

function coupled({name}: ChannelGroup, one: string, other: string): RangeError {
  return new RangeError(
    `Expected \`perLayer\` to ask for one thing of the coupled channels of "${name}", but it asks for different ones ` +
      `under "${one}" and "${other}"; leave one out`,
  );
}

/** What is too small to be rounded can still go as a whole. */
function tooSmall({units: {length}}: ChannelGroup, {minKept, roundTo}: Required<ChannelLimits>): string | undefined {
  return length < roundTo && minKept > 0 ? `are fewer than roundTo ${roundTo}` : undefined;
}

/**
 * Of what a plan removes, `shrink` leaves what holds a constant where it would be lost. Where a branch is gone, what
 * was coupled with it has lost a maker, and groups that it told apart are one.
 */
function initialSizes(
  groups: readonly ChannelGroup[],
  previous: ChannelPlan | undefined,
): (group: ChannelGroup) => number {
  if (!previous) return ({units: {length}}) => length;
  const isUncut = groups.every(({name, units}) => {
    return previous.groups.some(group => group.name === name && group.before === units.length);
  });
  return ({name, layers, units: {length}}) => {
    const related = previous.groups.filter(group => layers.every(layer => group.layers.includes(layer)));
    const likely = [...sortBy(related, group => group.name !== name), together(related)];
    const exact = likely.find(({after}) => after === length);
    const found = exact ?? likely.find(({before, after}) => !isUncut && after <= length && length <= before);
    if (found) return found.initial;
    throw new RangeError(
      `Expected \`previous\` to be the plan whose surgery has made this model, but of the ${length} channels of "${name}" ` +
        `it ${related.length > 0 ? `leaves ${likely[0]!.after}` : 'says nothing'}; hand over the last plan, or none`,
    );
  };
}

function together(groups: readonly PlannedGroup[]): Pick<PlannedGroup, 'initial' | 'before' | 'after'> {
  return {initial: sumBy(groups, 'initial'), before: sumBy(groups, 'before'), after: sumBy(groups, 'after')};
}
