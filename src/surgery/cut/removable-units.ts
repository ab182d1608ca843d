import type {Layer} from '../../tfjs-internals.js';
import type {Intake} from './intake.js';
import type {Survey} from './survey.js';

type Known = Pick<Survey, 'sweep' | 'trace' | 'constants' | 'unitOf'>;

/**
 * The units that can be removed without changing any output: everything that takes them in either has only zeros for
 * them, or gets a constant that can be moved into a bias.
 */
export function removableUnits(survey: Known): Set<number> {
  const units = new Set(survey.trace.groups.flatMap(group => (group.frozen === undefined ? [...group.units] : [])));
  for (const {units: taken, needs} of takersIn(survey)) {
    taken.forEach((unit, position) => {
      if (needs(position)) units.delete(unit);
    });
  }
  return units;
}

/**
 * Leaves out the units whose removal would lose a constant: channels that have the same value everywhere, other than
 * zero, and that are padded with zeros later. (Values that vary are lost on purpose, and so is everything in a branch
 * that is removed as a whole.)
 */
export function withoutLostConstants(
  survey: Known,
  removed: ReadonlySet<number>,
  dead: ReadonlySet<Layer>,
): Set<number> {
  const units = new Set(removed);
  const isConstant = constantlyMade(survey);
  for (const {units: taken, values, needs} of takersIn(survey).filter(({layer}) => !dead.has(layer))) {
    taken.forEach((unit, position) => {
      if (isConstant(unit, values[position]!) && needs(position)) units.delete(unit);
    });
  }
  return units;
}

/** Whether a unit is made as a constant, or has become one where it is taken in. */
function constantlyMade({sweep, trace, constants, unitOf}: Known): (unit: number, taken: number) => boolean {
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

/** What takes units in. */
interface Taker {
  readonly layer: Layer;
  readonly units: Int32Array;
  /** The values that come in; NaN if not constant. */
  readonly values: Float32Array;
  /** Whether the layer would return something else without the unit at a position. */
  readonly needs: (position: number) => boolean;
}

function takersIn({trace: {axes}, constants: {intakes, demands}, unitOf}: Known): Taker[] {
  const kernels = axes.flatMap(({role, layer, variable, units}): Taker[] => {
    const intake = role === 'takes' ? intakes.get(variable.id) : undefined;
    return intake ? [{layer, units, values: intake.values, needs: position => needs(intake, position)}] : [];
  });
  const others = demands.map(({channels, ...demand}): Taker => {
    return {...demand, units: channels.map(channel => unitOf[channel]!)};
  });
  return [...kernels, ...others];
}

/** Whether a kernel would return something else without a channel. */
function needs({view, values, absorbs}: Intake, position: number): boolean {
  const value = values[position]!;
  return view.takes(position) && value !== 0 && (Number.isNaN(value) || !absorbs);
}
