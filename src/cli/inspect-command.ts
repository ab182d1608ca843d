import {progressBar} from '../display/progress-bar.js';
import {count} from '../display/table.js';
import {formatModelCost} from '../report/format-model-cost.js';
import {formatModelSize} from '../report/format-model-size.js';
import {formatSparsityReport} from '../report/format-sparsity-report.js';
import type {ModelFileSizes} from '../report/file-sizes.js';
import {modelCost} from '../report/model-cost.js';
import {modelSize} from '../report/model-size.js';
import {gzippedBytes} from '../report/packed-bytes.js';
import {sparsityAt} from '../report/sparsity-report.js';
import {slotNames, type Model} from '../tfjs-internals.js';
import {COMMON} from './common-options.js';
import {EXIT} from './exit-codes.js';
import {loadModel} from './load-model.js';
import {printFound} from './print.js';
import {readArguments} from './read-arguments.js';
import {start} from './start.js';
import {usable} from './usable.js';
import {shapesOf} from './argument-values.js';

const OPTIONS = {...COMMON, 'input-shapes': {type: 'string'}, sizes: {type: 'boolean'}} as const;

/** `tfjs-pruning inspect MODEL`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'one', what: 'the MODEL'});
  const inputShapes = shapesOf(values['input-shapes']);
  await start(values.backend);
  const {model, bytes, isCompressed} = await loadModel(positionals[0]!);
  const found = await usable(async () => ({
    name: model.name,
    inputs: endsOf(model, 'input'),
    outputs: endsOf(model, 'output'),
    format: isCompressed ? 'compressed' : 'tf.js',
    bytes: bytes.length,
    gzippedBytes: await gzippedBytes(bytes),
    cost: modelCost(model, inputShapes && {inputShapes}),
    sparsity: await sparsityAt(model, inputShapes),
    ...(values.sizes && (await sizesOf(model))),
  }));
  printFound(found, () => textOf(found), values.json);
  return EXIT.done;
}

interface Found {
  readonly name: string;
  readonly inputs: readonly End[];
  readonly outputs: readonly End[];
  readonly format: string;
  readonly bytes: number;
  readonly gzippedBytes: number;
  readonly cost: ReturnType<typeof modelCost>;
  readonly sparsity: Awaited<ReturnType<typeof sparsityAt>>;
  readonly sizes?: ModelFileSizes;
  readonly noSizes?: string;
}

/** An input or output of a model, without the batch. */
interface End {
  readonly name: string;
  readonly shape: readonly (number | null)[];
}

function endsOf(model: Model, kind: 'input' | 'output'): End[] {
  const {inputNames, outputNames} = slotNames(model);
  const [tensors, names] = kind === 'input' ? [model.inputs, inputNames] : [model.outputs, outputNames];
  return tensors.map(({shape}, i) => ({name: names[i]!, shape: shape.slice(1)}));
}

/** The sizes of other files; weights that are not finite have none. */
async function sizesOf(model: Model): Promise<Pick<Found, 'sizes' | 'noSizes'>> {
  try {
    return {sizes: await modelSize(model, {onProgress: progressBar()})};
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return {noSizes: error.message};
  }
}

function textOf({cost, sparsity, sizes, noSizes, ...head}: Found): string {
  return [
    headOf(head),
    `Costs\n${formatModelCost(cost)}`,
    `Zeros\n${formatSparsityReport(sparsity)}`,
    ...(sizes ? [`Bytes\n${formatModelSize(sizes)}`] : []),
    ...(noSizes === undefined ? [] : [`No sizes: ${noSizes}`]),
  ].join('\n\n');
}

function headOf({
  name,
  inputs,
  outputs,
  format,
  bytes,
  gzippedBytes: gzipped,
}: Omit<Found, 'cost' | 'sparsity'>): string {
  const list = (ends: readonly End[]) =>
    ends.map(end => `${end.name} [${end.shape.map(size => size ?? '?').join(', ')}]`).join(', ');
  return [
    `${name}, ${format}, ${count(bytes)} bytes, ${count(gzipped)} gzipped`,
    `from ${list(inputs)}`,
    `to   ${list(outputs)}`,
  ].join('\n');
}
