/** A part of the memory that is needed from one time to another, both included. */
export interface Region {
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

const ALIGNMENT = 64;

/** Gives each region the first place that is free as long as it is needed. */
export function placeRegions<K>(regions: ReadonlyMap<K, Region>, start: number): {places: Map<K, number>; end: number} {
  const placed: {from: number; to: number; begin: number; end: number}[] = [];
  const places = new Map<K, number>();
  for (const [key, {bytes, from, to}] of regions) {
    let begin = start;
    for (const other of placed) {
      if (other.to < from || other.from > to) continue;
      if (other.begin - begin >= bytes) break;
      begin = Math.max(begin, other.end);
    }
    const end = Math.ceil((begin + bytes) / ALIGNMENT) * ALIGNMENT;
    placed.push({from, to, begin, end});
    placed.sort((a, b) => a.begin - b.begin);
    places.set(key, begin);
  }
  return {places, end: placed.reduce((most, {end}) => Math.max(most, end), start)};
}
