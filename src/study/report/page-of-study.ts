import {escaped} from '../../display/escaped.js';
import type {RunResult} from '../execute-run.js';
import {checklistOf} from './checklist.js';
import {tablesOf, type StudyTable} from './format-study.js';
import {plotsOfStudy} from './plots-of-study.js';
import {summaryOf} from './summary.js';

const STYLE = `
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;display:block;overflow-x:auto}
th,td{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #8884;white-space:nowrap}
th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}
li{overflow-wrap:anywhere}
figure{margin:1rem 0}
svg{max-width:50rem;width:100%;height:auto}`;

/**
 * One HTML page with all tables, plots and the checklist, without scripts and other files.
 *
 * @throws RangeError if there are no results.
 */
export function pageOfStudy(results: readonly RunResult[]): string {
  const plots = plotsOfStudy(results).map(({svg}) => `<figure>${svg}</figure>`);
  const tables = tablesOf(summaryOf(results)).map(tableOf);
  const points = checklistOf(results).map(({point, isMet, found}) => {
    const mark = isMet === undefined ? '?' : isMet ? '☑' : '☐';
    return `<li>${mark} ${escaped(point)}: ${escaped(found)}</li>`;
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Pruning study</title><style>${STYLE}</style>
<h1>Pruning study</h1>
<p>${results.length} runs. Means over the seeds, with the sample deviation.</p>
${plots.join('\n')}
${tables.join('\n')}
<h2>A fair report</h2>
<ul>${points.join('\n')}</ul>
</html>
`;
}

function tableOf({title, header, cells}: StudyTable): string {
  const row = (tag: string, texts: readonly string[]) =>
    `<tr>${texts.map(text => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
  return `<h2>${escaped(title)}</h2>
<table>${row('th', header)}${cells.map(each => row('td', each)).join('\n')}</table>`;
}
