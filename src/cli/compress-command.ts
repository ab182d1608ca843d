import {pathToFileURL} from 'node:url';
import {files} from '../files/files.js';
import {count} from '../display/table.js';
import {expectInteger} from '../options/expect.js';
import {gzippedBytes} from '../report/packed-bytes.js';
import {compressed, type CompressedArgs} from '../wire/compressed.js';
import type {Model} from '../tfjs-internals.js';
import {COMMON} from './common-options.js';
import {EXIT, UsageError} from './exit-codes.js';
import {loadModel} from './load-model.js';
import {freeFile, freeFolder, OUT} from './free-place.js';
import {printFound} from './print.js';
import {readArguments} from './read-arguments.js';
import {saveModel} from './save-model.js';
import {start} from './start.js';
import {storedModel} from './stored-model.js';
import {layersOf, numberOf, oneOfNames} from './argument-values.js';

const OPTIONS = {
  ...COMMON,
  ...OUT,
  bits: {type: 'string'},
  levels: {type: 'string'},
  others: {type: 'string'},
  layers: {type: 'string'},
  'per-tensor': {type: 'boolean'},
  stock: {type: 'boolean'},
} as const;

/** `tfjs-pruning compress MODEL --out FILE`, or `--stock --out FOLDER`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'one', what: 'the MODEL'});
  const coding = codingOf(values);
  const out = await (values.stock ? freeFolder(values) : freeFile(values));
  await start(values.backend);
  const {model, bytes: before} = await loadModel(positionals[0]!);
  const found = {out, ...(await (values.stock ? saveStock : saveFile)(model, out, coding)), bytesBefore: before.length};
  printFound(found, () => textOf(found), values.json);
  return EXIT.done;
}

type Coding = Pick<CompressedArgs, 'bits' | 'levels' | 'others' | 'layers' | 'perChannel'>;

function codingOf(values: Partial<Record<'bits' | 'levels' | 'others' | 'layers', string>> & Flags): Coding {
  if (values.bits !== undefined && values.levels !== undefined) {
    throw new UsageError('Expected --bits or --levels, got both');
  }
  if (values.stock && values['per-tensor']) {
    throw new UsageError('--per-tensor has no effect with --stock: tf.js has one scale for a kernel');
  }
  const bits = numberOf('--bits', values.bits, (name, value) => expectInteger(name, value, {min: 2, max: 16}));
  const levels = numberOf('--levels', values.levels, (name, value) =>
    expectInteger(name, value, {min: 1, max: 32_767}),
  );
  const layers = layersOf('--layers', values.layers);
  return {
    ...(bits && {bits}),
    ...(levels && {levels}),
    ...(values['per-tensor'] && {perChannel: false}),
    others: oneOfNames('--others', values.others ?? 'float32', ['float32', 'float16'] as const),
    ...(layers && {layers}),
  };
}

interface Flags {
  readonly 'per-tensor'?: boolean | undefined;
  readonly stock?: boolean | undefined;
}

/** What was saved, in bytes. */
interface Saved {
  readonly bytes: number;
  /** Only of files that are gzipped on their way. */
  readonly gzippedBytes?: number;
}

async function saveFile(model: Model, file: string, coding: Coding): Promise<Saved> {
  return {bytes: await saveModel(model, compressed(pathToFileURL(file), coding))};
}

async function saveStock(model: Model, folder: string, coding: Coding): Promise<Saved> {
  await saveModel(model, compressed(files(folder), {...coding, stock: true}));
  const {bytes} = await storedModel(folder);
  return {bytes: bytes.length, gzippedBytes: await gzippedBytes(bytes)};
}

function textOf({out, bytes, gzippedBytes: gzipped, bytesBefore}: Saved & {out: string; bytesBefore: number}): string {
  const packed = gzipped === undefined ? '' : `, ${count(gzipped)} gzipped`;
  return `saved to ${out}: ${count(bytes)} bytes${packed}, of ${count(bytesBefore)}`;
}
