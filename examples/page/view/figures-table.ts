import type {CutLayer, Figures, Surgery} from '../protocol.js';
import {byId, create} from './element.js';
import {count, kilobytes, percent} from './number-format.js';

/** What stands in a row, and how long its bar is beside the one of the dense net. */
interface Row {
  readonly name: string;
  readonly text: (figures: Figures) => string;
  readonly size?: (figures: Figures) => number;
}

const ROWS: readonly Row[] = [
  {name: 'Test accuracy', text: ({accuracy}) => percent(accuracy, 2)},
  {name: 'Weights', text: ({weightsLeft}) => count(weightsLeft), size: ({weightsLeft}) => weightsLeft},
  {name: 'Multiply-adds', text: ({multiplyAdds}) => count(multiplyAdds), size: ({multiplyAdds}) => multiplyAdds},
  {name: 'Download, gzipped', text: ({bytes}) => kilobytes(bytes), size: ({bytes}) => bytes},
];

/** Shows the figures of the nets beside each other; empty without any. */
export function showFigures(dense?: Figures, sparse?: Figures, surgery?: Figures): void {
  const body = byId('figures', HTMLTableElement).tBodies[0]!;
  body.replaceChildren(
    ...ROWS.map(row => {
      const cells = [dense, sparse, surgery].map(figures => cell(row, figures, dense));
      return create('tr', {}, create('th', {scope: 'row', textContent: row.name}), ...cells);
    }),
  );
}

function cell({text, size}: Row, figures: Figures | undefined, dense: Figures | undefined): HTMLElement {
  if (!figures || !dense) return create('td', {textContent: '–'});
  if (!size) return create('td', {textContent: text(figures)});
  const bar = create('span', {className: 'bar'});
  bar.style.setProperty('--part', String(size(figures) / size(dense)));
  return create('td', {}, text(figures), bar);
}

/** Says nothing of surgery. */
export function clearSurgery(): void {
  byId('surgery', HTMLElement).replaceChildren();
}

/** Says what surgery has cut, or why there was none. */
export function showSurgery(surgery?: Surgery): void {
  const textContent = 'No surgery: zeros compress, but only whole filters or channels can be cut out.';
  const none = () => create('p', {className: 'note', textContent});
  byId('surgery', HTMLElement).replaceChildren(surgery ? cutTable(surgery) : none());
}

function cutTable({layers}: Surgery): HTMLElement {
  const head = ['Layer', 'Channels', 'Parameters'].map(name => create('th', {scope: 'col', textContent: name}));
  return create(
    'table',
    {},
    create('caption', {textContent: 'What surgery cuts. The answers stay the same.'}),
    create('thead', {}, create('tr', {}, ...head)),
    create('tbody', {}, ...layers.map(cutRow)),
  );
}

function cutRow({name, channels, parameters}: CutLayer): HTMLElement {
  const cells = [channels, parameters].map(([before, after]) =>
    create('td', {textContent: before === after ? count(before) : `${count(before)} → ${count(after)}`}),
  );
  return create('tr', {}, create('th', {scope: 'row', textContent: name}), ...cells);
}
