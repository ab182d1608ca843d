/** Runs an example by name: `npm run example`, `npm run example -- resume-training`. */
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const name = process.argv[2] ?? 'mnist';
const file = new URL(`./${name}.ts`, import.meta.url);
if (!existsSync(fileURLToPath(file))) {
  console.error(
    `There is no example "${name}"; there are mnist, wrap-one-layer, one-shot, methods, own-method, ` +
      'training-loop, resume-training, shrink-on-plateau, train-on-wasm',
  );
  process.exit(2);
}
try {
  const example = (await import(file.href)) as {main: () => Promise<unknown>};
  await example.main();
} catch (error) {
  console.error(error);
  process.exit(1);
}
