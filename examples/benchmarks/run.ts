/** Runs the benchmarks, all or the named ones: `npm run bench`, `npm run bench -- overhead mask-update`. */
import {useFastestBackend, type FastestBackend} from 'tfjs-pruning/wasm';

const BENCHMARKS = ['overhead', 'gradient-criterion', 'mask-update', 'prune-once', 'memory', 'lenet-300', 'wasm'];
const PICTURES = ['picture'];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : BENCHMARKS;
const unknown = wanted.filter(name => ![...BENCHMARKS, ...PICTURES].includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${[...BENCHMARKS, ...PICTURES].join(', ')}`);
  process.exit(2);
}
try {
  await useFastestBackend({among: [(process.env['TFJS_PRUNING_BACKEND'] ?? 'wasm') as FastestBackend]});
  for (const name of wanted) {
    const benchmark = (await import(new URL(`./${name}.ts`, import.meta.url).href)) as {main: () => Promise<void>};
    await benchmark.main();
  }
} catch (error) {
  console.error(error);
  process.exit(1);
}
