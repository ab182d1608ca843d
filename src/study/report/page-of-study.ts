import {escaped} from '../../display/escaped.js';
import {htmlPage, htmlTable} from '../../display/html-page.js';
import type {RunResult} from '../execute-run.js';
import {checklistOf} from './checklist.js';
import {tablesOf} from './format-study.js';
import {plotsOfStudy} from './plots-of-study.js';
import {summaryOf} from './summary.js';

/**
 * One HTML page with all tables, plots and the checklist, without scripts and other files.
 *
 * @throws RangeError if there are no results.
 */
export function pageOfStudy(results: readonly RunResult[]): string {
  const plots = plotsOfStudy(results).map(({svg}) => `<figure>${svg}</figure>`);
  const tables = tablesOf(summaryOf(results)).map(({title, header, cells}) => {
    return `<h2>${escaped(title)}</h2>\n${htmlTable(header, cells)}`;
  });
  const points = checklistOf(results).map(({point, isMet, found}) => {
    const mark = isMet === undefined ? '?' : isMet ? '☑' : '☐';
    return `<li>${mark} ${escaped(point)}: ${escaped(found)}</li>`;
  });
  return htmlPage(
    'Pruning study',
    `<p>${results.length} runs. Means over the seeds, with the sample deviation.</p>
${plots.join('\n')}
${tables.join('\n')}
<h2>A fair report</h2>
<ul>${points.join('\n')}</ul>`,
  );
}
