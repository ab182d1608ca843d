import {basename} from 'node:path';
import {htmlPage, htmlTable} from '../display/html-page.js';
import {count, percent} from '../display/table.js';
import {sparsityReport, type SparsityReport} from '../report/sparsity-report.js';
import {COMMON} from './common-options.js';
import {EXIT, UsageError} from './exit-codes.js';
import {loadModel} from './load-model.js';
import {freeFile, OUT} from './free-place.js';
import {printFound} from './print.js';
import {readArguments} from './read-arguments.js';
import {sparsityBars} from './sparsity-bars.js';
import {start} from './start.js';
import {writeWhole} from './write-whole.js';

const OPTIONS = {...COMMON, ...OUT} as const;

/** `tfjs-pruning plot MODEL --out FILE`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'one', what: 'the MODEL'});
  const file = await freeFile(values);
  const [, kind] = /\.(svg|html)$/i.exec(file) ?? [];
  if (kind === undefined) throw new UsageError(`Expected --out to end with .svg or .html, got "${file}"`);
  await start(values.backend);
  const {model} = await loadModel(positionals[0]!);
  const report = await sparsityReport(model);
  const title = basename(positionals[0]!.replace(/\/(model\.json)?$/, '')) || model.name;
  await writeWhole(file, kind.toLowerCase() === 'svg' ? sparsityBars(report, title) : pageOf(report, title));
  printFound({out: file}, () => `saved to ${file}`, values.json);
  return EXIT.done;
}

function pageOf(report: SparsityReport, title: string): string {
  const rows = [...report.layers, {layer: 'total', className: '', ...report.total}].map(row => [
    row.layer,
    row.className,
    ...[row.parameters, row.weights, row.zeros].map(count),
    row.weights === 0 ? '-' : percent(row.sparsity),
    ...[row.multiplyAdds, row.nonZeroMultiplyAdds].map(count),
  ]);
  const header = ['layer', 'class', 'parameters', 'weights', 'zeros', 'sparsity', 'mult-adds', 'non-zero'];
  return htmlPage(title, `<figure>${sparsityBars(report, title)}</figure>\n${htmlTable(header, rows)}`);
}
