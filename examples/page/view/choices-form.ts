import {METHODS, NETS, STRUCTURES, type Choices, type Method, type Net, type Structure} from '../choices.js';
import {byId, create} from './element.js';

/** The form that says what to train. */
export class ChoicesForm {
  readonly #form = byId('choices', HTMLFormElement);

  constructor(train: (choices: Choices) => void) {
    fill(this.#select('net'), NETS);
    fill(this.#select('method'), METHODS);
    fill(this.#select('structure'), STRUCTURES);
    this.#form.addEventListener('input', () => this.#explain());
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
      train(this.choices);
    });
    this.#explain();
  }

  get choices(): Choices {
    return {
      net: this.#select('net').value as Net,
      method: this.#select('method').value as Method,
      structure: this.#select('structure').value as Structure,
      sparsity: this.#percent / 100,
      epochs: Number(this.#select('epochs').value),
    };
  }

  get #percent(): number {
    return byId('sparsity', HTMLInputElement).valueAsNumber;
  }

  #select(name: string): HTMLSelectElement {
    return this.#form.elements.namedItem(name) as HTMLSelectElement;
  }

  /** Shows what goes together, and says what is chosen. */
  #explain(): void {
    const {anyStructure, hint} = METHODS[this.choices.method];
    const structure = this.#select('structure');
    for (const option of structure.options) option.disabled = !anyStructure && option.value !== 'weights';
    if (!anyStructure) structure.value = 'weights';
    byId('sparsity-shown', HTMLOutputElement).textContent = `${this.#percent} %`;
    byId('method-hint', HTMLElement).textContent = hint;
    byId('structure-hint', HTMLElement).textContent = STRUCTURES[this.choices.structure].hint;
  }
}

function fill(select: HTMLSelectElement, choices: Readonly<Record<string, {readonly label: string}>>): void {
  for (const [value, {label}] of Object.entries(choices)) select.append(create('option', {value}, label));
}
