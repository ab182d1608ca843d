import type {Figures, Step} from '../protocol.js';
import {byId} from './element.js';
import {LineChart, type Axis, type Line} from './line-chart.js';
import {percent} from './number-format.js';

const TWINS: readonly Line[] = [
  {name: 'dense', className: 'dense'},
  {name: 'pruned', className: 'sparse'},
];

/** Loss, accuracy and sparsity over the training. */
export class TrainingCharts {
  readonly #loss: LineChart;
  readonly #accuracy: LineChart;
  readonly #zeros: LineChart;

  constructor() {
    const host = byId('charts', HTMLElement);
    this.#loss = new LineChart(host, 'Loss', TWINS, lossAxis);
    this.#accuracy = new LineChart(host, 'Test accuracy', TWINS, accuracyAxis);
    this.#zeros = new LineChart(host, 'Zeros', [TWINS[1]!], zerosAxis);
  }

  begin(steps: number, stepsPerEpoch: number): void {
    for (const chart of [this.#loss, this.#accuracy, this.#zeros]) chart.begin(steps, stepsPerEpoch);
  }

  addStep({step, losses, zeros}: Step): void {
    this.#loss.add(step, [losses.dense, losses.sparse]);
    this.#zeros.add(step, [zeros]);
  }

  addCheckup(step: number, dense: Figures, sparse: Figures): void {
    this.#accuracy.add(step, [dense.accuracy, sparse.accuracy]);
  }
}

function lossAxis(): Axis {
  return {ticks: [0.01, 0.1, 1], isLogarithmic: true, format: value => String(Number(value.toPrecision(2)))};
}

/** From 80 %, or lower if need be. */
function accuracyAxis(values: readonly number[]): Axis {
  const lowest = Math.min(0.8, Math.floor(10 * Math.min(1, ...values)) / 10);
  const ticks = [0, 1, 2, 3, 4].map(quarter => lowest + (quarter * (1 - lowest)) / 4);
  return {ticks, format: value => percent(value, ticks.includes(value) ? 0 : 1)};
}

function zerosAxis(): Axis {
  return {ticks: [0, 0.25, 0.5, 0.75, 1], format: value => percent(value, 0)};
}
