import {escaped} from './escaped.js';

const STYLE = `
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;display:block;overflow-x:auto}
th,td{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #8884;white-space:nowrap}
th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}
li{overflow-wrap:anywhere}
figure{margin:1rem 0}
svg{max-width:50rem;width:100%;height:auto}`;

/** A page of HTML, without scripts and other files. @param body what is below its heading, as HTML. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style>
<h1>${escaped(title)}</h1>
${body}
</html>
`;
}

/** A table of HTML: two columns of text, and columns of numbers. */
export function htmlTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (tag: string, texts: readonly string[]) =>
    `<tr>${texts.map(text => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
  return `<table>${row('th', header)}${rows.map(each => row('td', each)).join('\n')}</table>`;
}
