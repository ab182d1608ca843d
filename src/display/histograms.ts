import {escaped} from './escaped.js';

const [COLUMNS, CELL, HEIGHT, GAP, TOP] = [3, 200, 80, 30, 56];
const BAR = '#0072b2';

/** A histogram with what is written above it. */
export interface Histogram {
  readonly label: string;
  readonly note: string;
  readonly counts: readonly number[];
}

/** Draws histograms side by side, each scaled to its largest bar: the text of an SVG file. */
export function histograms(all: readonly Histogram[], {title, axis}: {title: string; axis: string}): string {
  const width = COLUMNS * (CELL + GAP) + GAP;
  const height = TOP + Math.ceil(all.length / COLUMNS) * (HEIGHT + 56) + 8;
  const font = 'font-family="system-ui, sans-serif" font-size="12"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ${font}>
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${GAP}" y="24" font-size="14" font-weight="600">${escaped(title)}</text>
${all.map((one, i) => cell(one, axis, i)).join('\n')}
</svg>
`;
}

function cell({label, note, counts}: Histogram, axis: string, i: number): string {
  const [left, top] = [GAP + (i % COLUMNS) * (CELL + GAP), TOP + Math.floor(i / COLUMNS) * (HEIGHT + 56)];
  const most = Math.max(1, ...counts);
  const size = CELL / counts.length;
  const bars = counts.map((n, bin) => {
    const height = rounded((HEIGHT * n) / most);
    const corner = `x="${rounded(left + bin * size)}" y="${rounded(top + HEIGHT - height)}"`;
    return `<rect ${corner} width="${rounded(size - 2)}" height="${height}"/>`;
  });
  return `<text x="${left}" y="${top - 8}">${escaped(label)}</text>
<text x="${left + CELL}" y="${top - 8}" text-anchor="end" fill="#57606a">${escaped(note)}</text>
<g fill="${BAR}">${bars.join('')}</g>
<line x1="${left}" x2="${left + CELL}" y1="${top + HEIGHT}" y2="${top + HEIGHT}" stroke="#57606a"/>
<text x="${left}" y="${top + HEIGHT + 16}" fill="#57606a">${escaped(axis)}</text>`;
}

function rounded(value: number): number {
  return Math.round(10 * value) / 10;
}
