import type {RunName, Speeds} from '../protocol.js';
import {byId, create} from './element.js';
import {count} from './number-format.js';

const ROWS: readonly {readonly run: RunName; readonly name: string; readonly by: string}[] = [
  {run: 'dense', name: 'Dense', by: 'model.predict'},
  {run: 'pruned', name: 'Pruned', by: 'model.predict'},
  {run: 'compiled', name: 'Pruned', by: 'compile(model).run'},
];

/** The switch that lets the nets read digit after digit, and how many each reads a second. */
export class SpeedView {
  readonly #switch = byId('run-pruned', HTMLInputElement);
  readonly #text = byId('run-said', HTMLElement);
  #speeds: Speeds | undefined;

  constructor(runPruned: (isOn: boolean) => void) {
    this.#switch.addEventListener('change', () => {
      const isOn = this.#switch.checked;
      if (isOn) this.#speeds = undefined;
      this.#text.textContent = isOn ? 'Measuring.' : `Stopped. ${this.#sentence()}`;
      runPruned(isOn);
    });
    this.reset();
  }

  /** There is no pruned net yet. */
  reset(): void {
    this.#switch.checked = false;
    this.#switch.disabled = true;
    this.#speeds = undefined;
    this.#text.textContent = 'Train first: then it can be switched on.';
    this.#draw();
  }

  allow(): void {
    this.#switch.disabled = false;
    this.#text.textContent = 'Ready.';
  }

  /** Says it in words once, so that a screen reader is not flooded. */
  show(speeds: Speeds): void {
    if (!this.#switch.checked) return;
    const isFirst = this.#speeds === undefined;
    this.#speeds = speeds;
    if (isFirst) this.#text.textContent = this.#sentence();
    this.#draw();
  }

  failed(reason: string): void {
    this.#switch.checked = false;
    this.#text.textContent = reason;
  }

  #sentence(): string {
    if (!this.#speeds) return '';
    const {pruned, compiled} = this.#speeds;
    return `Compiled, the pruned net is ${(compiled / pruned).toFixed(1)} times as fast as by predict.`;
  }

  #draw(): void {
    const most = this.#speeds ? Math.max(...Object.values(this.#speeds)) : 1;
    byId('speeds', HTMLTableElement).tBodies[0]!.replaceChildren(
      ...ROWS.map(({run, name, by}) => {
        const head = create('th', {scope: 'row'}, `${name}, by `, create('code', {textContent: by}));
        return create('tr', {}, head, this.#cell(run, most));
      }),
    );
  }

  #cell(run: RunName, most: number): HTMLElement {
    const speed = this.#speeds?.[run];
    if (speed === undefined) return create('td', {textContent: '–'});
    const bar = create('span', {className: run === 'dense' ? 'bar' : 'bar sparse-bar'});
    bar.style.setProperty('--part', String(speed / most));
    return create('td', {}, count(Math.round(speed)), bar);
  }
}
