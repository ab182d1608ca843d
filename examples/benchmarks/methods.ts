/** Runs all studies of the training methods: several hours. `npm run bench -- methods/set` runs one. */
export const STUDIES = [
  'iterative',
  'lottery-ticket',
  'snip',
  'set',
  'sparse-training',
  'soft-filter-pruning',
  'penalties',
];

/** Runs all of them. */
export async function main(): Promise<void> {
  for (const name of STUDIES) {
    const study = (await import(new URL(`./methods/${name}.ts`, import.meta.url).href)) as {main: () => Promise<void>};
    await study.main();
  }
}
