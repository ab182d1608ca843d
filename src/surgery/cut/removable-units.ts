import type {Intake} from './constant-channels.js';
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
 * Takes back what can't be removed without the loss of a constant: a channel that is the same everywhere, and not zero, and goes into
 * a convolution that pads around it with zeros. (What varies is lost on purpose.)
 */
export function withoutLostConstants(
  trace: ChannelTrace,
  intakes: ReadonlyMap<number, Intake>,
  removed: ReadonlySet<number>,
): Set<number> {
  const units = new Set(removed);
  for (const axis of takingAxes(trace)) {
    const intake = intakes.get(axis.variable.id);
    axis.units.forEach((unit, position) => {
      if (intake && !Number.isNaN(intake.values[position]) && needs(intake, position)) units.delete(unit);
    });
  }
  return units;
}

function takingAxes({axes}: ChannelTrace): ChannelAxis[] {
  return axes.filter(({role}) => role === 'takes');
}

/** Whether a kernel would give something else without a channel. */
function needs({view, values, absorbs}: Intake, position: number): boolean {
  const value = values[position]!;
  return view.takes(position) && value !== 0 && (Number.isNaN(value) || !absorbs);
}
