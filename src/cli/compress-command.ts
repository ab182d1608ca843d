import {pathToFileURL} from 'node:url';
import {expectInteger} from '../options/expect.js';
import {compressed} from '../wire/compressed.js';
import {COMMON} from './common-options.js';
import {EXIT, UsageError} from './exit-codes.js';
import {loadModel} from './load-model.js';
import {freeFile, OUT} from './free-place.js';
import {printFound} from './print.js';
import {readArguments} from './read-arguments.js';
import {saveModel} from './save-model.js';
import {start} from './start.js';
import {layersOf, numberOf, oneOfNames} from './argument-values.js';

const OPTIONS = {
  ...COMMON,
  ...OUT,
  bits: {type: 'string'},
  levels: {type: 'string'},
  others: {type: 'string'},
  layers: {type: 'string'},
  'per-tensor': {type: 'boolean'},
} as const;

/** `tfjs-pruning compress MODEL --out FILE`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'one', what: 'the MODEL'});
  if (values.bits !== undefined && values.levels !== undefined)
    throw new UsageError('Expected --bits or --levels, got both');
  const bits = numberOf('--bits', values.bits, (name, value) => expectInteger(name, value, {min: 2, max: 16}));
  const levels = numberOf('--levels', values.levels, (name, value) =>
    expectInteger(name, value, {min: 1, max: 32_767}),
  );
  const others = oneOfNames('--others', values.others ?? 'float32', ['float32', 'float16'] as const);
  const layers = layersOf('--layers', values.layers);
  const path = await freeFile(values);
  await start(values.backend);
  const {model, bytes: before} = await loadModel(positionals[0]!);
  const coding = {
    ...(bits && {bits}),
    ...(levels && {levels}),
    perChannel: !values['per-tensor'],
    others,
    ...(layers && {layers}),
  };
  const bytes = await saveModel(model, compressed(pathToFileURL(path), coding));
  const count = (n: number) => n.toLocaleString('en-US');
  const found = {out: path, bytes, bytesBefore: before.length};
  printFound(found, () => `saved to ${path}: ${count(bytes)} bytes, of ${count(before.length)}`, values.json);
  return EXIT.done;
}
