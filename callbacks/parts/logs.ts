import type * as tfl from '@tensorflow/tfjs-layers';

/** What tf.js hands to the hooks: numbers, and scalars that belong to it. */
export type Logs = NonNullable<Parameters<tfl.Callback['onEpochEnd']>[1]>;

/** Reads the scalars among logs. */
export async function numbersOf(logs: Logs): Promise<Record<string, number>> {
  const entries = Object.entries(logs).map(async ([name, value]) => {
    return [name, typeof value === 'number' ? value : (await value.data())[0]!] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
