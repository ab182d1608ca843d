import defaults from 'lodash/defaults.js';
import isEqual from 'lodash/isEqual.js';
import sortBy from 'lodash/sortBy.js';
import sumBy from 'lodash/sumBy.js';
import uniq from 'lodash/uniq.js';
import {selectLayers, type LayerSelector, type PlacedLayer} from '../../layers/layer-selector.js';
import {modelLayers} from '../../layers/model-layers.js';
import type {Model} from '../../tfjs-internals.js';
import type {ChannelGroup, ChannelTrace} from '../../units/trace/channel-trace.js';
import type {ChannelPlan, PlannedGroup} from '../channel-plan.js';
import type {Group, Hold} from './group.js';
import type {GroupLimits, LayerChannelRule, ScoringOptions} from './plan-options.js';

/**
 * The groups of a model, and what the options say about each.
 *
 * @param frozenBy why a frozen layer keeps a unit: frozen layers are left alone unless `layers` names what may be
 *     removed.
 * @throws TypeError if a selector has a wrong form; RangeError if it matches no layer that it could mean, `perLayer`
 *     names a layer whose channels are all kept or asks for two things of the same group, or `previous` is the plan of
 *     another model.
 */
export function limitGroups(
  model: Model,
  trace: ChannelTrace,
  frozenBy: (unit: number) => string | undefined,
  options: ScoringOptions,
): Group[] {
  const {minKept, maxSparsity, roundTo} = options;
  const ends = endsIn(model, trace);
  const whyLeftOut = reasonsToKeep(ends, options);
  const whyFrozen: Reasons = ({units}) => (options.layers === undefined ? frozenBy(units[0]!) : undefined);
  const limitsOf = limitsByGroup(ends.makers, trace.groups, group => whyLeftOut(group) ?? whyFrozen(group), options);
  const initialOf = initialSizes(trace.groups, options.previous);
  return trace.groups.map(group => {
    const limits = withDefaults(limitsOf(group), {minKept, maxSparsity, roundTo});
    const held =
      hold('choice', whyLeftOut(group)) ?? hold('frozen', whyFrozen(group)) ?? hold('limits', tooSmall(group, limits));
    return {...group, ...limits, held, initial: initialOf(group)};
  });
}

function hold(by: Hold['by'], reason: string | undefined): Hold | undefined {
  return reason === undefined ? undefined : {by, reason};
}

/** A group's own sparsity is below 1, so it leaves something. */
function withDefaults(own: LayerChannelRule | undefined, limits: GroupLimits) {
  const all = {sparsity: undefined, ...defaults({...own}, limits)};
  return all.sparsity === undefined ? all : {...all, minKept: Math.max(1, all.minKept)};
}

/** The layers that a selector can choose: those that make channels, or those that take them in. */
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

/** Why a group is kept, if it is. */
type Reasons = (group: ChannelGroup) => string | undefined;

function reasonsToKeep(
  {makers, takers}: ReturnType<typeof endsIn>,
  {layers, keepOutputs, keepInputs}: ScoringOptions,
): Reasons {
  const isChosen = layers === undefined ? () => true : chosenBy(makers, layers, 'layers');
  const keepsOutputs = keepOutputs === undefined ? () => false : chosenBy(makers, keepOutputs, 'keepOutputs');
  const keepsInputs = keepInputs === undefined ? () => false : chosenBy(takers, keepInputs, 'keepInputs');
  return ({frozen, layers: madeBy, consumers}) => {
    if (frozen !== undefined) return frozen;
    if (!isChosen(madeBy)) return 'are not among `layers`';
    if (keepsOutputs(madeBy)) return 'are kept by `keepOutputs`';
    return keepsInputs(consumers) ? 'are kept by `keepInputs`' : undefined;
  };
}

function limitsByGroup(
  makers: ChannelEnd,
  groups: readonly ChannelGroup[],
  whyKept: Reasons,
  {perLayer}: ScoringOptions,
): (group: ChannelGroup) => LayerChannelRule | undefined {
  const limits = new Map<ChannelGroup, {layer: string; own: LayerChannelRule}>();
  for (const [layer, own] of Object.entries(perLayer)) {
    const covers = chosenBy(makers, layer, 'perLayer');
    const covered = groups.filter(group => covers(group.layers));
    expectSomeToGo(layer, covered, whyKept);
    for (const group of covered) {
      const other = limits.get(group);
      if (other && !isEqual(other.own, own)) throw coupled(group, other.layer, layer);
      limits.set(group, {layer, own});
    }
  }
  return group => limits.get(group)?.own;
}

function expectSomeToGo(layer: string, groups: readonly ChannelGroup[], whyKept: Reasons): void {
  if (groups.some(group => whyKept(group) === undefined)) return;
  const why = uniq(groups.map(group => `they ${whyKept(group)}`)).join('; ');
  throw new RangeError(
    `Expected \`perLayer\` to name layers with channels that can be removed, but not those of "${layer}": ${why}; ` +
      'leave it out, or name it in `layers` if it is frozen or not among them',
  );
}

function coupled({name}: ChannelGroup, one: string, other: string): RangeError {
  return new RangeError(
    `Expected \`perLayer\` to ask for one thing of the coupled channels of "${name}", but it asks for different ones ` +
      `under "${one}" and "${other}"; leave one out`,
  );
}

/** A group that is too small to round can still be removed as a whole. */
function tooSmall({units: {length}}: ChannelGroup, {minKept, roundTo}: GroupLimits): string | undefined {
  return length < roundTo && minKept > 0 ? `are fewer than roundTo ${roundTo}` : undefined;
}

/**
 * The initial size of each group, according to the plan whose surgery made this model. Surgery keeps some channels of a
 * plan that hold a constant; and groups that differed only by a maker in a removed branch are one group now.
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
    const says = related.length > 0 ? `leaves ${likely[0]!.after}` : 'says nothing';
    throw new RangeError(
      'Expected `previous` to be the plan whose surgery made this model, but of the ' +
        `${length} channels of "${name}" it ${says}; pass the last plan, or none`,
    );
  };
}

function together(groups: readonly PlannedGroup[]): Pick<PlannedGroup, 'initial' | 'before' | 'after'> {
  return {initial: sumBy(groups, 'initial'), before: sumBy(groups, 'before'), after: sumBy(groups, 'after')};
}
