import type {ChannelAxis, ChannelGroup, ChannelSource} from './channel-trace.js';

/** Where the units of a model are. */
interface UnitPlaces {
  readonly sources: readonly ChannelSource[];
  readonly axes: readonly ChannelAxis[];
  /** The layers that take in units without a weight. */
  readonly takers: readonly Pick<ChannelSource, 'path' | 'units'>[];
  /** The units of each tensor, or part of one, whose size is in a configuration. */
  readonly parts: readonly Int32Array[];
  /** Why each unit is frozen. */
  readonly reasons: readonly (string | undefined)[];
}

/**
 * Sorts the units that layers make into groups. Two units are in the same group if they occur equally often along the
 * same axes of the same weights and in the same parts, and are frozen for the same reason.
 */
export function groupUnits({sources, axes, takers, parts, reasons}: UnitPlaces): ChannelGroup[] {
  const kinds = kindsOf([...[...sources, ...axes].map(({units}) => units), ...parts], reasons);
  const members = new Map<number, number[]>();
  for (const unit of new Set(sources.flatMap(({units}) => [...units]))) {
    const alike = members.get(kinds[unit]!);
    if (alike) alike.push(unit);
    else members.set(kinds[unit]!, [unit]);
  }
  const layersOf = pathsByUnit(sources);
  const consumersOf = pathsByUnit([...axes.filter(({role}) => role === 'takes'), ...takers]);
  const names = new Map<string, number>();
  return [...members.values()].map(units => {
    const layers = layersOf.get(units[0]!)!;
    const frozen = reasons[units[0]!];
    return {
      name: numberedName(layers.join(' + '), names),
      layers,
      consumers: consumersOf.get(units[0]!) ?? [],
      units: Int32Array.from(units),
      frozen,
    };
  });
}

/** A number for each unit, equal for units that can't be told apart: refined list by list. */
function kindsOf(lists: readonly Int32Array[], reasons: readonly (string | undefined)[]): Int32Array {
  const numbers = new Map<string, number>();
  const numberOf = (key: string) => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
  const kinds = Int32Array.from(reasons, reason => numberOf(reason ?? ''));
  lists.forEach((units, list) => {
    const counts = new Map<number, number>();
    for (const unit of units) counts.set(unit, (counts.get(unit) ?? 0) + 1);
    for (const [unit, count] of counts) kinds[unit] = numberOf(`${kinds[unit]} ${list} ${count}`);
  });
  return kinds;
}

function pathsByUnit(places: readonly {readonly path: string; readonly units: Int32Array}[]): Map<number, string[]> {
  const paths = new Map<number, string[]>();
  for (const {path, units} of places) {
    for (const unit of units) {
      const known = paths.get(unit);
      if (!known) paths.set(unit, [path]);
      else if (!known.includes(path)) known.push(path);
    }
  }
  return paths;
}

function numberedName(name: string, names: Map<string, number>): string {
  const count = (names.get(name) ?? 0) + 1;
  names.set(name, count);
  return count === 1 ? name : `${name} (${count})`;
}
