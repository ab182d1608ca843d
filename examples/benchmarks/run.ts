/** Runs the benchmarks, all or the named ones: `npm run bench`, `npm run bench -- overhead mask-update methods/set`. */
import {useFastestBackend, type FastestBackend} from 'tfjs-pruning/wasm';
import {STUDIES} from './methods.js';

const BENCHMARKS = [
  'overhead',
  'gradient-criterion',
  'mask-update',
  'prune-once',
  'memory',
  'lenet-300',
  'wasm',
  'surgery',
  'wire',
];
/** These take longer than all others together and run only if named. */
const ON_DEMAND = [
  'methods',
  ...STUDIES.map(name => `methods/${name}`),
  ...['speed', 'scale', 'lenet', 'fashion'].map(name => `surgery/${name}`),
  'search',
  'picture',
  'crash',
  'learned-masks',
  'gate-overhead',
  'recovery',
  'super-resolution',
  'channel-choice',
  'runtime',
  'runtime/chromium',
  'runtime-int8',
  'wire-goals',
  'kernel-builds',
];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : BENCHMARKS;
const unknown = wanted.filter(name => ![...BENCHMARKS, ...ON_DEMAND].includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${[...BENCHMARKS, ...ON_DEMAND].join(', ')}`);
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
