import type {MaskedWeight} from '../../src/layers/masked-weight.js';
import type {PlacedPrunableLayer} from '../../src/layers/model-layers.js';
import type {Method} from '../method.js';

/** The callbacks that choose the masks of a weight in the fit that trains it. */
const choosers = new WeakMap<MaskedWeight, Set<Claim>>();

/**
 * The claim of a callback to choose the masks of some layers in a fit. A second claim to the same layers is refused,
 * unless one callback masks only at the start and the other never unmasks.
 */
export class Claim {
  readonly owner: string;
  readonly #masks: Method['masks'];
  #weights: readonly MaskedWeight[] = [];

  constructor(owner: string, masks: Method['masks']) {
    this.owner = owner;
    this.#masks = masks;
  }

  /** The weights that are claimed now. */
  get weights(): readonly MaskedWeight[] {
    return this.#weights;
  }

  /** Whether another callback shares the weights, and may have masked more since. */
  get isShared(): boolean {
    return this.#masks === 'atStart' && this.#weights.some(weight => choosers.get(weight)!.size > 1);
  }

  /** Expects that no layer is also claimed by another callback of the same list. */
  expectApart(own: readonly PlacedPrunableLayer[], other: Claim, others: readonly PlacedPrunableLayer[]): void {
    if (this.#goesWith(other)) return;
    const theirs = new Set(others.map(({layer}) => layer));
    const both = own.find(({layer}) => theirs.has(layer));
    if (both) throw twoChoosers(other, this, both.path);
  }

  /** Claims layers until `release`. A layer of two models can be claimed in one fit after the other. */
  take(layers: readonly PlacedPrunableLayer[]): void {
    for (const {layer, path} of layers) {
      for (const other of layer.maskedWeights.flatMap(weight => [...(choosers.get(weight) ?? [])])) {
        if (!this.#goesWith(other)) throw twoChoosers(other, this, path);
      }
    }
    this.#weights = layers.flatMap(({layer}) => layer.maskedWeights);
    for (const weight of this.#weights) choosers.set(weight, (choosers.get(weight) ?? new Set()).add(this));
  }

  release(): void {
    for (const weight of this.#weights) choosers.get(weight)!.delete(this);
    this.#weights = [];
  }

  #goesWith(other: Claim): boolean {
    const both = new Set([this.#masks, other.#masks]);
    return both.has('atStart') && both.has('more');
  }
}

function twoChoosers(one: Claim, other: Claim, path: string): TypeError {
  return new TypeError(
    `${one.owner} and ${other.owner} both choose masks of the layer "${path}" in one fit, and would undo what ` +
      'the other does; list one of them, or give each layers of its own by `layers`',
  );
}
