/** What options of `compile` are if they are left out. */
export const DEFAULTS = {batch: 1, keptSizes: 8, precision: 'float32'} as const;
