import {escaped} from './escaped.js';
import {roundTicks} from './round-ticks.js';

/** Colors that color-blind readers can distinguish (Okabe & Ito). */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6d31', '#000000'];
const DASHES = ['none', '7 3', '2 3'];
const [LEFT, TOP, WIDTH, HEIGHT] = [64, 44, 420, 240];
const LEGEND_LINE = 19;

/** A line of a plot; the horizontal position of a point is a number in [0, 1]. */
export interface PlottedLine {
  readonly label: string;
  readonly points: readonly (readonly [along: number, value: number])[];
}

/** The texts around a plot. */
export interface PlotTexts {
  readonly title: string;
  /** The title of the horizontal axis. */
  readonly axis: string;
  /** The ticks of the horizontal axis. */
  readonly ticks: readonly (readonly [along: number, text: string])[];
}

/** Plots lines in a frame, with a legend: the text of an SVG file. */
export function linePlot(lines: readonly PlottedLine[], {title, axis, ticks}: PlotTexts): string {
  const height = Math.max(TOP + HEIGHT + 50, TOP + LEGEND_LINE * lines.length + 20);
  const font = 'font-family="system-ui, sans-serif" font-size="12"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 ${height}" ${font}>
<rect width="680" height="${height}" fill="#ffffff"/>
<text x="${LEFT}" y="24" font-size="14" font-weight="600">${escaped(title)}</text>
${ticks.map(tick).join('\n')}
${gridAndLines(lines)}
<text x="${LEFT + WIDTH / 2}" y="${TOP + HEIGHT + 38}" text-anchor="middle" fill="#57606a">${escaped(axis)}</text>
${lines.map(legend).join('\n')}
</svg>
`;
}

function gridAndLines(lines: readonly PlottedLine[]): string {
  const values = lines.flatMap(({points}) => points.map(([, value]) => value));
  const ticks = values.length > 0 ? roundTicks(Math.min(...values), Math.max(...values)) : roundTicks(0, 1);
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  const y = (value: number) => rounded(TOP + HEIGHT * (1 - (value - low) / (high - low)));
  const grid = ticks.map(value => {
    return `<line x1="${LEFT}" x2="${LEFT + WIDTH}" y1="${y(value)}" y2="${y(value)}" stroke="#d0d7de"/>
<text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end" fill="#57606a">${value}</text>`;
  });
  const drawn = lines.map(({points}, i) => {
    const path = points.map(([along, value]) => `${x(along)},${y(value)}`).join(' ');
    const dots = points.map(([along, value]) => `<circle cx="${x(along)}" cy="${y(value)}" r="3"/>`).join('');
    return `<polyline fill="none" ${strokeOf(i)} points="${path}"/><g fill="${colorOf(i)}">${dots}</g>`;
  });
  return [...grid, ...drawn].join('\n');
}

function tick([along, text]: readonly [number, string]): string {
  return `<text x="${x(along)}" y="${TOP + HEIGHT + 18}" text-anchor="middle" fill="#57606a">${escaped(text)}</text>`;
}

function legend({label}: PlottedLine, i: number): string {
  const [left, y] = [LEFT + WIDTH + 20, TOP + 8 + i * LEGEND_LINE];
  const line = `<line x1="${left}" x2="${left + 22}" y1="${y}" y2="${y}" ${strokeOf(i)}/>`;
  return `${line}<text x="${left + 30}" y="${y + 4}">${escaped(label)}</text>`;
}

function x(along: number): number {
  return rounded(LEFT + WIDTH * along);
}

function strokeOf(i: number): string {
  const dashes = DASHES[Math.floor(i / COLORS.length) % DASHES.length]!;
  return `stroke="${colorOf(i)}" stroke-width="2" stroke-dasharray="${dashes}"`;
}

function colorOf(i: number): string {
  return COLORS[i % COLORS.length]!;
}

function rounded(value: number): number {
  return Math.round(10 * value) / 10;
}
