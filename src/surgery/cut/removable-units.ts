import type {Layer} from '../../tfjs-internals.js';
import type {Intake} from './constants/constant-call.js';
import type {Survey} from './survey.js';
import type {ChannelAxis, ChannelTrace} from '../trace/channel-trace.js';

/**
 * The units that can go without a change of any output, as they are: all that take them in either have nothing but zeros for
 * them, or get a constant that they can do without.
 */
export function removableUnits(trace: ChannelTrace, intakes: ReadonlyMap<number, Intake>): Set<number> {
  const units = new Set(trace.groups.flatMap(group => (group.frozen === undefined ? [...group.units] : [])));
  for (const axis of takingAxes(trace)) {
    const intake = intakes.get(axis.variable.id);
    axis.units.forEach((unit, position) => {
      if (!intake || needs(intake, position)) units.delete(unit);
    });
  }
  return units;
}

/**
 * Takes back what can't be removed without the loss of a constant: a channel that is made the same everywhere, and not zero, and
 * meets a padding with zeros on its way. (What varies is lost on purpose, and so is what is in a branch that goes as a whole.)
 */
export function withoutLostConstants(
  survey: Pick<Survey, 'sweep' | 'trace' | 'constants' | 'unitOf'>,
  removed: ReadonlySet<number>,
  dead: ReadonlySet<Layer>,
): Set<number> {
  const units = new Set(removed);
  const {trace, constants} = survey;
  const isConstant = constantlyMade(survey);
  for (const axis of takingAxes(trace).filter(({layer}) => !dead.has(layer))) {
    const intake = constants.intakes.get(axis.variable.id);
    axis.units.forEach((unit, position) => {
      if (intake && isConstant(unit, intake.values[position]!) && needs(intake, position)) units.delete(unit);
    });
  }
  return units;
}

/** Whether a unit is a constant where it is made, or became one by the time that it is taken in. */
function constantlyMade({
  sweep,
  trace,
  constants,
  unitOf,
}: Pick<Survey, 'sweep' | 'trace' | 'constants' | 'unitOf'>): (unit: number, taken: number) => boolean {
  const [made, varying] = [new Set<number>(), new Set<number>()];
  const makers = new Set(trace.sources.map(({layer}) => layer));
  for (const output of sweep.calls.filter(({layer}) => makers.has(layer)).flatMap(({outputs}) => outputs)) {
    const values = constants.valuesOf(output);
    output.channels.forEach((channel, i) => {
      const unit = unitOf[channel]!;
      (Number.isNaN(values[i]) ? varying : made).add(unit);
    });
  }
  return (unit, taken) => !Number.isNaN(taken) || (made.has(unit) && !varying.has(unit));
}

function takingAxes({axes}: ChannelTrace): ChannelAxis[] {
  return axes.filter(({role}) => role === 'takes');
}

/** Whether a kernel would give something else without a channel. */
function needs({view, values, absorbs}: Intake, position: number): boolean {
  const value = values[position]!;
  return view.takes(position) && value !== 0 && (Number.isNaN(value) || !absorbs);
}
