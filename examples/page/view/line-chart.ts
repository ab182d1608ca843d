import {create} from './element.js';

const [WIDTH, HEIGHT] = [340, 190];
/** All values that come within this time are drawn at once. */
const REDRAW_MS = 300;
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 8, 10, 22];

/** One line of a chart: its CSS class gives it its color. */
export interface Line {
  readonly name: string;
  readonly className: string;
}

/** The axis of the values. */
export interface Axis {
  readonly ticks: readonly number[];
  readonly isLogarithmic?: boolean;
  readonly format: (value: number) => string;
}

type Point = readonly [step: number, value: number];

/** Lines over the steps of a training. */
export class LineChart {
  readonly #title: string;
  readonly #lines: readonly Line[];
  readonly #axisOf: (values: readonly number[]) => Axis;
  readonly #legend = create('span', {className: 'legend'});
  readonly #drawing = create('div');
  #points: Point[][] = [];
  #steps = 1;
  #stepsPerEpoch = 1;
  #isDue = false;

  constructor(host: Element, title: string, lines: readonly Line[], axisOf: (values: readonly number[]) => Axis) {
    this.#title = title;
    this.#lines = lines;
    this.#axisOf = axisOf;
    host.append(create('figure', {}, create('figcaption', {}, `${title} `, this.#legend), this.#drawing));
    this.begin(1, 1);
  }

  /** Empties it for a training of so many steps. */
  begin(steps: number, stepsPerEpoch: number): void {
    this.#steps = steps;
    this.#stepsPerEpoch = stepsPerEpoch;
    this.#points = this.#lines.map(() => []);
    this.#redraw();
  }

  /** Adds a value to each line. */
  add(step: number, values: readonly number[]): void {
    values.forEach((value, i) => this.#points[i]!.push([step, value]));
    this.#redraw();
  }

  #redraw(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      this.#draw();
    }, REDRAW_MS);
  }

  #draw(): void {
    const axis = this.#axisOf(this.#points.flat().map(([, value]) => value));
    const last = this.#points.map(points => points.at(-1)?.[1]);
    const shown = this.#lines.map(({name}, i) => `${name} ${last[i] === undefined ? '' : axis.format(last[i])}`);
    this.#legend.replaceChildren(
      ...this.#lines.map(({className}, i) => create('span', {className, textContent: shown[i]!})),
    );
    const lines = this.#lines.map(({className}, i) => this.#polyline(className, this.#points[i]!, axis));
    this.#drawing.innerHTML =
      `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${this.#title}: ${shown.join(', ')}">` +
      `${this.#valueTicks(axis)}${this.#epochTicks()}${lines.join('')}</svg>`;
  }

  #polyline(className: string, points: readonly Point[], axis: Axis): string {
    const path = points.map(([step, value]) => `${this.#x(step).toFixed(1)},${yOf(value, axis).toFixed(1)}`);
    return `<polyline class="${className}" points="${path.join(' ')}"/>`;
  }

  #valueTicks(axis: Axis): string {
    const tick = (value: number) => {
      const y = yOf(value, axis);
      const grid = `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>`;
      return `${grid}<text x="${LEFT - 6}" y="${y + 4}" text-anchor="end">${axis.format(value)}</text>`;
    };
    return axis.ticks.map(tick).join('');
  }

  #epochTicks(): string {
    const epochs = Math.round(this.#steps / this.#stepsPerEpoch);
    if (epochs < 2) return '';
    return [0, epochs / 2, epochs]
      .map(epoch => {
        const anchor = epoch === 0 ? 'start' : epoch === epochs ? 'end' : 'middle';
        const name = epoch === epochs ? `${epoch} epochs` : epoch;
        const x = this.#x(epoch * this.#stepsPerEpoch);
        return `<text x="${x}" y="${HEIGHT - 6}" text-anchor="${anchor}">${name}</text>`;
      })
      .join('');
  }

  #x(step: number): number {
    return LEFT + ((WIDTH - LEFT - RIGHT) * step) / this.#steps;
  }
}

/** Values beyond the axis are drawn at its ends. */
function yOf(value: number, {ticks, isLogarithmic}: Axis): number {
  const scale = (tick: number) => (isLogarithmic ? Math.log(tick) : tick);
  const [low, high] = [scale(ticks[0]!), scale(ticks.at(-1)!)];
  const part = (Math.min(Math.max(scale(value), low), high) - low) / (high - low);
  return TOP + (HEIGHT - TOP - BOTTOM) * (1 - part);
}
