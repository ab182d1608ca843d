import type {Answers, NetName} from '../protocol.js';
import {byId, create} from './element.js';
import {percent} from './number-format.js';

const NAMES: Readonly<Record<NetName, string>> = {dense: 'Dense', sparse: 'Pruned', loaded: 'Loaded'};

const NOBODY = 'Draw while they train, or after: both nets answer.';

/** Shows how sure each net is of each digit, and says the surest. */
export function showAnswers(answers: Answers): void {
  const nets = Object.entries(answers) as [NetName, readonly number[]][];
  byId('answers', HTMLElement).replaceChildren(...nets.map(([net, probabilities]) => bars(net, probabilities)));
  const said = nets.map(([net, probabilities]) => `${NAMES[net]}: ${surest(probabilities)}`);
  byId('said', HTMLElement).textContent = said.length ? `${said.join(', ')}.` : NOBODY;
}

function surest(probabilities: readonly number[]): string {
  const most = Math.max(...probabilities);
  return `${probabilities.indexOf(most)} (${percent(most, 0)})`;
}

function bars(net: NetName, probabilities: readonly number[]): HTMLElement {
  const most = Math.max(...probabilities);
  const rows = probabilities.map((probability, digit) => {
    const bar = create('span', {className: 'bar'});
    bar.style.setProperty('--part', String(probability));
    return create('li', {className: probability === most ? 'surest' : ''}, String(digit), bar);
  });
  const name = create('h3', {textContent: NAMES[net], className: net});
  const list = create('ol', {}, ...rows);
  list.setAttribute('aria-hidden', 'true'); // the line below says it
  return create('div', {}, name, list);
}
