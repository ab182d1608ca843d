import {scaleLinear, scaleLog} from 'd3-scale';
import {line} from 'd3-shape';
import {escaped} from '../../display/escaped.js';

/** A line of a plot with the deviation at each point. */
export interface Curve {
  readonly label: string;
  readonly points: readonly {readonly x: number; readonly mean: number; readonly deviation: number | null}[];
}

/** What is around the lines. */
export interface CurveTexts {
  readonly title: string;
  /** The titles of the axes. */
  readonly x: string;
  readonly y: string;
  /** Whether each doubling of x takes the same space. */
  readonly isLogarithmic: boolean;
  /** A dashed line over the whole width. */
  readonly level?: {readonly label: string; readonly y: number};
}

/** Colors that color-blind readers can distinguish (Okabe & Ito), for light and for dark pages. */
const COLORS = [
  ['#0072b2', '#56b4e9'],
  ['#d55e00', '#ff9a4d'],
  ['#009e73', '#3fd6a8'],
  ['#cc79a7', '#e8a5cb'],
  ['#8a6d00', '#f0e442'],
  ['#5b5b5b', '#c8c8c8'],
] as const;
const DASHES = ['none', '7 3', '2 3', '8 3 2 3'];
const MARKS = ['M-4,-4H4V4H-4Z', 'M0,-5L5,4H-5Z', 'M0,-5L5,0L0,5L-5,0Z', 'M-4,0A4,4 0 1 0 4,0A4,4 0 1 0 -4,0'];

const [LEFT, TOP, WIDTH, HEIGHT, LEGEND] = [64, 44, 460, 280, 20];
const TICKS = 6;

/** Draws curves with error bars, ticks at round numbers and a legend: the text of an SVG file. */
export function curvePlot(curves: readonly Curve[], texts: CurveTexts): string {
  const xs = curves.flatMap(({points}) => points.map(({x}) => x));
  const ys = curves.flatMap(({points}) => {
    return points.flatMap(({mean, deviation}) => [mean - (deviation ?? 0), mean + (deviation ?? 0)]);
  });
  const level = texts.level ? [texts.level.y] : [];
  const scale = texts.isLogarithmic ? scaleLog().base(2) : scaleLinear();
  const x = scale.domain(extent(xs)).range([LEFT + 12, LEFT + WIDTH - 12]);
  const y = scaleLinear()
    .domain(extent([...ys, ...level]))
    .nice(TICKS)
    .range([TOP + HEIGHT, TOP]);
  const height = Math.max(TOP + HEIGHT + 52, TOP + LEGEND * (curves.length + level.length) + 20);
  const label = Math.max(0, ...[...curves, ...(texts.level ? [texts.level] : [])].map(one => one.label.length));
  const width = LEFT + WIDTH + 60 + 7 * label;
  const xTicks = texts.isLogarithmic ? [...new Set(xs)].sort((a, b) => a - b) : x.ticks(TICKS);
  const middle = TOP + HEIGHT / 2;
  const size = `viewBox="0 0 ${width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escaped(texts.title)}">
<style>${STYLE}</style>
<rect class="page" width="${width}" height="${height}"/>
<text x="${LEFT}" y="24" class="title">${escaped(texts.title)}</text>
${y
  .ticks(TICKS)
  .map(value => yTick(value, y(value), y.tickFormat(TICKS)(value)))
  .join('\n')}
${xTicks.map(value => xTick(x(value), String(value))).join('\n')}
<text x="${LEFT + WIDTH / 2}" y="${TOP + HEIGHT + 42}" text-anchor="middle" class="axis">${escaped(texts.x)}</text>
<text transform="translate(16 ${middle}) rotate(-90)" text-anchor="middle" class="axis">${escaped(texts.y)}</text>
${texts.level ? levelOf(texts.level, y(texts.level.y), curves.length) : ''}
${curves.map((curve, i) => curveOf(curve, i, x, y)).join('\n')}
</svg>
`;
}

type Scale = (value: number) => number;

function curveOf({label, points}: Curve, i: number, x: Scale, y: Scale): string {
  const dashes = DASHES[Math.floor(i / COLORS.length) % DASHES.length]!;
  const style = `class="c${i % COLORS.length}" stroke-dasharray="${dashes}"`;
  const path = line<Curve['points'][number]>(
    point => rounded(x(point.x)),
    point => rounded(y(point.mean)),
  )([...points]);
  const bars = points.flatMap(({x: place, mean, deviation}) => {
    if (!deviation) return [];
    const [at, low, high] = [x(place), y(mean - deviation), y(mean + deviation)].map(rounded);
    return `M${at},${low}V${high}M${at! - 4},${low}h8M${at! - 4},${high}h8`;
  });
  const mark = MARKS[i % MARKS.length]!;
  const marks = points.map(point => markAt(rounded(x(point.x)), rounded(y(point.mean)), mark, i));
  const [left, top] = [LEFT + WIDTH + 20, TOP + 8 + i * LEGEND];
  const legend = `<path ${style} d="M${left},${top}h24"/>${markAt(left + 12, top, mark, i)}`;
  return `<path ${style} d="${path}"/><path class="c${i % COLORS.length}" d="${bars.join('')}"/>${marks.join('')}
${legend}<text x="${left + 32}" y="${top + 4}">${escaped(label)}</text>`;
}

function markAt(x: number, y: number, mark: string, i: number): string {
  return `<path class="m${i % COLORS.length}" transform="translate(${x} ${y})" d="${mark}"/>`;
}

function levelOf({label, y: value}: {label: string; y: number}, at: number, place: number): string {
  const [left, top] = [LEFT + WIDTH + 20, TOP + 8 + place * LEGEND];
  return `<path class="level" d="M${LEFT},${rounded(at)}h${WIDTH}M${left},${top}h24"/>
<text x="${left + 32}" y="${top + 4}">${escaped(`${label}, ${value.toFixed(2)}`)}</text>`;
}

function yTick(_: number, at: number, text: string): string {
  return `<path class="grid" d="M${LEFT},${rounded(at)}h${WIDTH}"/>
<text x="${LEFT - 8}" y="${rounded(at) + 4}" text-anchor="end" class="axis">${text}</text>`;
}

function xTick(at: number, text: string): string {
  return `<path class="grid" d="M${rounded(at)},${TOP + HEIGHT}v5"/>
<text x="${rounded(at)}" y="${TOP + HEIGHT + 20}" text-anchor="middle" class="axis">${text}</text>`;
}

/** The least and the most, apart by something. */
function extent(values: readonly number[]): [least: number, most: number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (values.length === 0) return [0, 1];
  return least < most ? [least, most] : [least - 0.5, most + 0.5];
}

function rounded(value: number): number {
  return Math.round(10 * value) / 10;
}

const colorsOf = (theme: 0 | 1) =>
  COLORS.map((pair, i) => `.c${i}{stroke:${pair[theme]}}.m${i}{fill:${pair[theme]}}`).join('');

const STYLE = [
  'text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:14px;font-weight:600}.axis{fill:#57606a}',
  'path{fill:none;stroke-width:2}.grid{stroke:#d0d7de;stroke-width:1}.level{stroke:#57606a;stroke-dasharray:6 4}',
  `.page{fill:#fff}[class^=m]{stroke:none}${colorsOf(0)}`,
  '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.axis{fill:#9da7b3}.page{fill:#0d1117}.grid{stroke:#30363d}',
  `.level{stroke:#9da7b3}${colorsOf(1)}}`,
].join('');
