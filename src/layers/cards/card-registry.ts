import type {Layer} from '../../tfjs-internals.js';

/** Cards of kinds of layers, by class name. All fields of a card are optional. */
export class CardRegistry<Card extends object> {
  readonly #cards: Map<string, Card>;

  constructor(...families: readonly Readonly<Record<string, Card>>[]) {
    this.#cards = new Map(families.flatMap(family => Object.entries(family)));
  }

  /** The card of a layer's kind; an empty one if there is none. */
  of(layer: Layer): Card {
    return this.#cards.get(layer.getClassName()) ?? ({} as Card);
  }

  /** Replaces fields of a card. */
  edit(className: string, fields: Card): void {
    this.#cards.set(className, {...this.#cards.get(className), ...fields});
  }
}
