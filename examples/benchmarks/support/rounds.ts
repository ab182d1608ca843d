import {median} from '../../../src/math/median.js';

/**
 * Times contenders in turn, round by round, so that a slow moment of the machine affects all of them. The first rounds
 * are warm-up and not counted.
 *
 * @returns the milliseconds of each contender, one per round.
 */
export async function interleaved<K extends string>(
  contenders: Record<K, () => Promise<number> | number>,
  {rounds, warmUp}: {rounds: number; warmUp: number},
): Promise<Record<K, number[]>> {
  const names = Object.keys(contenders) as K[];
  const times = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const name of names) {
      const milliseconds = await contenders[name]();
      if (round >= warmUp) times[name].push(milliseconds);
    }
  }
  return times;
}

/** The median of the ratios, round by round. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((value, i) => value / b[i]!));
}
