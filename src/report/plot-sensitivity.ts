import {expectOptions} from '../math/expect.js';
import type {LayerSensitivity, SensitivityReport} from '../sensitivity-scan.js';
import type {SensitivityView} from './format-sensitivity.js';
import {expectSensitivityReport, valueOf} from './sensitivity-values.js';

/** Colours that the colour-blind tell apart (Okabe & Ito). */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6d31', '#000000'];
const DASHES = ['none', '7 3', '2 3'];
const [LEFT, TOP, WIDTH, HEIGHT] = [64, 44, 420, 240];
const LEGEND_LINE = 19;
const PARTS = [0, 0.25, 0.5, 0.75, 1];

/** A line of the plot, from the model as it was onwards. */
interface Curve {
  readonly layer: string;
  readonly points: readonly (readonly [sparsity: number, value: number])[];
}

/**
 * The report as a picture, the text of an SVG file: a line for each layer, the loss or a metric over its sparsity.
 *
 * @throws TypeError where the report is none, RangeError where it has no such metric.
 *
 * @example
 * writeFileSync('sensitivity.svg', plotSensitivity(report, {metric: 'acc'}));
 */
export function plotSensitivity(report: SensitivityReport, args: SensitivityView = {}): string {
  const {baseline, layers} = expectSensitivityReport('plotSensitivity', report);
  const {metric = 'loss'} = expectOptions('plotSensitivity', args, ['metric']);
  const start = valueOf(baseline, metric);
  const curves = layers.map(layer => curveOf(layer, metric, start));
  const height = Math.max(TOP + HEIGHT + 50, TOP + LEGEND_LINE * curves.length + 20);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 ${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="680" height="${height}" fill="#ffffff"/>
<text x="${LEFT}" y="24" font-size="14" font-weight="600">${escaped(metric)} with one layer pruned alone</text>
${axesAndLines(curves)}
<text x="${LEFT + WIDTH / 2}" y="${TOP + HEIGHT + 38}" text-anchor="middle" fill="#57606a">sparsity of the layer</text>
${curves.map(legend).join('\n')}
</svg>
`;
}

/** Without the values that are no numbers. */
function curveOf({layer, points}: LayerSensitivity, metric: string, start: number | null): Curve {
  const all = [[0, start] as const, ...points.map(point => [point.sparsity, valueOf(point, metric)] as const)];
  return {layer, points: all.filter((point): point is readonly [number, number] => Number.isFinite(point[1]))};
}

function axesAndLines(curves: readonly Curve[]): string {
  const values = curves.flatMap(({points}) => points.map(([, value]) => value));
  const [low, high] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const span = high - low || 1;
  const x = (sparsity: number) => rounded(LEFT + WIDTH * sparsity);
  const y = (value: number) => rounded(TOP + HEIGHT * (1 - (value - low) / span));
  const grid = PARTS.map(part => {
    const value = low + part * span;
    return `<line x1="${LEFT}" x2="${LEFT + WIDTH}" y1="${y(value)}" y2="${y(value)}" stroke="#d0d7de"/>
<text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end" fill="#57606a">${value.toPrecision(3)}</text>
<text x="${x(part)}" y="${TOP + HEIGHT + 18}" text-anchor="middle" fill="#57606a">${100 * part} %</text>`;
  });
  const lines = curves.map(({points}, i) => {
    const path = points.map(([sparsity, value]) => `${x(sparsity)},${y(value)}`).join(' ');
    const dots = points.map(([sparsity, value]) => `<circle cx="${x(sparsity)}" cy="${y(value)}" r="3"/>`).join('');
    return `<polyline fill="none" ${strokeOf(i)} points="${path}"/><g fill="${colorOf(i)}">${dots}</g>`;
  });
  return [...grid, ...lines].join('\n');
}

function legend({layer}: Curve, i: number): string {
  const [x, y] = [LEFT + WIDTH + 20, TOP + 8 + i * LEGEND_LINE];
  return `<line x1="${x}" x2="${x + 22}" y1="${y}" y2="${y}" ${strokeOf(i)}/><text x="${x + 30}" y="${y + 4}">${escaped(layer)}</text>`;
}

function strokeOf(i: number): string {
  return `stroke="${colorOf(i)}" stroke-width="2" stroke-dasharray="${DASHES[Math.floor(i / COLORS.length) % DASHES.length]!}"`;
}

function colorOf(i: number): string {
  return COLORS[i % COLORS.length]!;
}

function rounded(x: number): number {
  return Math.round(10 * x) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
