import {say} from '../display/say.js';

interface Valued {
  readonly values: ArrayLike<number>;
}

/** Says how many weights that were not zero have become zero. */
export function sayLost(owner: string, before: readonly Valued[], after: readonly Valued[]): void {
  let [lost, all] = [0, 0];
  for (const [k, {values}] of before.entries()) {
    const now = after[k]!.values;
    if (now === values) continue;
    for (let i = 0; i < values.length; i++) {
      if (values[i] === 0) continue;
      all++;
      if (now[i] === 0) lost++;
    }
  }
  if (lost > 0) say(owner, `${lost} of ${all} weights that were not zero became zero; more bits keep them`);
}
