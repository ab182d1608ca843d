import * as tf from '@tensorflow/tfjs-core';
import {expectFinite} from '../../src/gates/expect-finite.js';
import {gatedLayers} from '../../src/gates/gated-layers.js';
import {hardenGates} from '../../src/gates/harden-gates.js';
import {KeptShare, meanOf, type GatedCosts} from '../../src/gates/kept-share.js';
import type {WeightGate} from '../../src/gates/weight-gate.js';
import {addLoss} from '../../src/penalties/add-penalty.js';
import {valuesLater, type Model} from '../../src/tfjs-internals.js';

/** What is known of the step that gates are trained in. */
export type GateStep = Parameters<WeightGate['drive']>[0];

/** The fraction of its groups that a weight keeps at least, if it is more than one group: no layer is closed wholly. */
const LEAST_OPEN = 0.01;

/** The gates of a model in one fit: drives them, and adds their cost to the loss. */
export class GateTraining {
  readonly #gates: readonly WeightGate[];
  readonly #model: Model;
  readonly #kept: KeptShare;
  readonly #takeOff: () => void;
  /** The gates that may still close. */
  readonly #closing = new Set<WeightGate>();
  /** The means over groups now, of what is open and of openness: see {@link KeptShare.means}. */
  #open: readonly number[] = [];
  #openness: readonly number[] = [];
  /** What the loss adds if all costs are left. */
  strength = 0;

  private constructor(model: Model, gates: readonly WeightGate[], kept: KeptShare) {
    this.#model = model;
    this.#gates = gates;
    this.#kept = kept;
    this.#takeOff = addLoss(model, () => this.#cost());
  }

  static async of(model: Model, costs: GatedCosts): Promise<GateTraining> {
    const gates = gatedLayers(model).flatMap(({weightGates}) => weightGates);
    return new GateTraining(model, gates, await KeptShare.of(gates, costs));
  }

  get gates(): readonly WeightGate[] {
    return this.#gates;
  }

  /** All costs if every gate is open. */
  get total(): number {
    return this.#kept.total;
  }

  /** Whether any gate is moved by the strength. */
  get isPushed(): boolean {
    return this.#pushed.length > 0;
  }

  get isHard(): boolean {
    return this.#gates.every(({isHard}) => isHard);
  }

  async drive(step: GateStep): Promise<void> {
    for (const gate of this.#gates) if (!gate.isHard) await gate.drive(step);
  }

  stepEnd(): void {
    for (const gate of this.#gates) gate.stepEnd();
  }

  /** The fraction of the costs that would be left if the gates were decided now. */
  async measure(): Promise<number> {
    await this.#read(gate => gate.openBySelf());
    if (![...this.#open, ...this.#openness].every(Number.isFinite)) await expectFinite(gatedLayers(this.#model));
    if (this.#open.includes(0)) await this.#read(gate => gate.open());
    this.#closing.clear();
    this.#gates.forEach((gate, i) => {
      if (this.#open[i]! > Math.max(LEAST_OPEN, 1.5 / gate.count)) this.#closing.add(gate);
    });
    return this.#kept.at(this.#open);
  }

  async #read(openOf: (gate: WeightGate) => tf.Tensor): Promise<void> {
    const {means} = this.#kept;
    const values = await valuesLater(() => {
      const read = this.#gates.map(gate =>
        gate.during(() => ({open: openOf(gate), openness: gate.isPushed ? gate.openness() : undefined})),
      );
      const of = new Map(this.#gates.map((gate, i) => [gate, read[i]!]));
      const open = means.map(mean => meanOf(mean, of.get(mean.gate)!.open));
      const openness = means.map((mean, i) => {
        const values = of.get(mean.gate)!.openness;
        return values ? meanOf(mean, values) : open[i]!;
      });
      return tf.stack([...open, ...openness]);
    });
    this.#open = [...values.subarray(0, means.length)];
    this.#openness = [...values.subarray(means.length)];
  }

  get #pushed(): WeightGate[] {
    return this.#gates.filter(({isPushed}) => isPushed);
  }

  /** @throws Error if a weight or a gate is not finite; nothing is decided then. */
  async harden(): Promise<void> {
    const layers = gatedLayers(this.#model);
    await expectFinite(layers);
    hardenGates(layers);
  }

  release(): void {
    this.#takeOff();
    for (const gate of this.#gates) gate.rest();
  }

  #cost(): tf.Scalar {
    if (this.strength === 0 || !this.isPushed) return tf.scalar(0);
    const moved = this.#pushed.filter(gate => this.strength < 0 || this.#closing.has(gate));
    const means = this.#kept.means.map(({gate}, i) => (moved.includes(gate) ? this.#openness : this.#open)[i]!);
    return this.#kept.loss(this.strength, means, moved);
  }
}
