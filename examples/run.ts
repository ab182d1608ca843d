/** Runs an example by name: `npm run example`, `npm run example -- resume-training`. */
import {readdirSync} from 'node:fs';

const folder = new URL('./', import.meta.url);
const names = readdirSync(folder)
  .filter(file => file.endsWith('.ts') && file !== 'run.ts')
  .map(file => file.replace('.ts', ''));
const name = process.argv[2] ?? 'mnist';
if (!names.includes(name)) {
  console.error(`There is no example "${name}"; there are ${names.join(', ')}`);
  process.exit(2);
}
try {
  const example = (await import(new URL(`${name}.ts`, folder).href)) as {main: () => Promise<unknown>};
  await example.main();
} catch (error) {
  console.error(error);
  process.exit(1);
}
