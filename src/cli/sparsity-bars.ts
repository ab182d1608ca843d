import {escaped} from '../display/escaped.js';
import {count, percent} from '../display/table.js';
import type {SparsityReport} from '../report/sparsity-report.js';

const [LINE, TOP, BAR, WIDTH, NOTE] = [24, 56, 14, 360, 190];
/** About how wide a letter is. */
const LETTER = 7;

/** A bar for each layer that has weights, filled by the share of its zeros: the text of an SVG file. */
export function sparsityBars({layers, total}: SparsityReport, title: string): string {
  const rows = layers.filter(({weights}) => weights > 0);
  const left = 20 + LETTER * Math.max(0, ...rows.map(({layer}) => layer.length));
  const [width, height] = [left + WIDTH + NOTE, TOP + LINE * rows.length + 16];
  const bars = rows.map(({layer, sparsity, weights}, i) => {
    const [top, text] = [TOP + i * LINE, TOP + i * LINE + 11];
    return `<text x="${left - 8}" y="${text}" text-anchor="end">${escaped(layer)}</text>
<rect class="all" x="${left}" y="${top}" width="${WIDTH}" height="${BAR}"/>
<rect class="zeros" x="${left}" y="${top}" width="${Math.round(10 * WIDTH * sparsity) / 10}" height="${BAR}"/>
<text class="note" x="${left + WIDTH + 8}" y="${text}">${percent(sparsity)} of ${count(weights)}</text>`;
  });
  const heading = `${title}: ${percent(total.sparsity)} of ${count(total.weights)} weights are zero`;
  const size = `viewBox="0 0 ${width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${attribute(heading)}">
<style>${STYLE}</style>
<rect class="page" width="${width}" height="${height}"/>
<text x="12" y="28" class="title">${escaped(heading)}</text>
${bars.join('\n')}
</svg>
`;
}

function attribute(text: string): string {
  return escaped(text).replaceAll('"', '&quot;');
}

const STYLE = [
  'text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:14px;font-weight:600}.note{fill:#57606a}',
  '.page{fill:#fff}.all{fill:#d0d7de}.zeros{fill:#0072b2}',
  '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.note{fill:#9da7b3}.page{fill:#0d1117}.all{fill:#30363d}',
  '.zeros{fill:#56b4e9}}',
].join('');
