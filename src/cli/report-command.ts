import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {formatStudy} from '../study/report/format-study.js';
import {pageOfStudy} from '../study/report/page-of-study.js';
import {plotsOfStudy} from '../study/report/plots-of-study.js';
import {Results} from '../study/results.js';
import {EXIT, UsageError} from './exit-codes.js';
import {readArguments} from './read-arguments.js';

const OPTIONS = {format: {type: 'string'}, html: {type: 'string'}, svg: {type: 'string'}} as const;
const FORMATS = ['text', 'markdown', 'csv', 'json'] as const;

/** `tfjs-pruning report DIR`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'one', what: 'the DIR of results'});
  const format = FORMATS.find(each => each === (values.format ?? 'text'));
  if (!format) throw new UsageError(`Expected --format to be one of ${FORMATS.join(', ')}, got ${values.format}`);
  const results = await new Results(positionals[0]!).all();
  if (results.length === 0) throw new UsageError(`There are no results in ${positionals[0]}`);
  process.stdout.write(`${formatStudy(results, {format})}\n`);
  if (values.html !== undefined) await writeFile(values.html, pageOfStudy(results));
  if (values.svg !== undefined) {
    await mkdir(values.svg, {recursive: true});
    for (const {name, svg} of plotsOfStudy(results)) await writeFile(join(values.svg, `${name}.svg`), svg);
  }
  return EXIT.done;
}
