import * as tf from '@tensorflow/tfjs-core';
import {gatedLayers} from '../../src/gates/gated-layers.js';
import {hardenGates} from '../../src/gates/harden-gates.js';
import {keptShare, type GatedCosts} from '../../src/gates/kept-share.js';
import type {WeightGate} from '../../src/gates/weight-gate.js';
import {addLoss} from '../../src/penalties/add-penalty.js';
import type {Model} from '../../src/tfjs-internals.js';

/** What is known of the step that gates are trained in. */
export type GateStep = Parameters<WeightGate['drive']>[0];

/** The fraction of its groups that a weight keeps at least, if it is more than one group: no layer is closed wholly. */
const LEAST_OPEN = 0.01;

/** The gates of a model in one fit: drives them, and adds their cost to the loss. */
export class GateTraining {
  readonly #gates: readonly WeightGate[];
  readonly #model: Model;
  readonly #costs: GatedCosts;
  readonly #takeOff: () => void;
  /** The gates that may still close. */
  readonly #closing = new Set<WeightGate>();
  /** What the loss adds if all costs are left. */
  strength = 0;

  constructor(model: Model, costs: GatedCosts) {
    this.#model = model;
    this.#costs = costs;
    this.#gates = gatedLayers(model).flatMap(({weightGates}) => weightGates);
    this.#takeOff = addLoss(model, () => this.#cost());
  }

  get gates(): readonly WeightGate[] {
    return this.#gates;
  }

  /** All costs if every gate is open. */
  get total(): number {
    return this.#costs.kernels.reduce((sum, {cost}) => sum + cost, this.#costs.fixed);
  }

  /** Whether any gate is moved by the strength. */
  get isPushed(): boolean {
    return this.#gates.some(({isPushed}) => isPushed);
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
    let [kept, ...shares] = await this.#shares(gate => gate.openBySelf());
    if (shares.includes(0)) [kept, ...shares] = await this.#shares(gate => gate.open());
    this.#closing.clear();
    this.#gates.forEach((gate, i) => {
      if (shares[i]! > Math.max(LEAST_OPEN, 1.5 / gate.count)) this.#closing.add(gate);
    });
    return kept!;
  }

  /** The fraction of the costs that is left, then of the groups of each gate that are open. */
  async #shares(openOf: (gate: WeightGate) => tf.Tensor): Promise<Float32Array> {
    const open = tf.tidy(() => {
      const values = new Map(this.#gates.map(gate => [gate, openOf(gate)]));
      const shares = this.#gates.map(gate => tf.mean(values.get(gate)!));
      return tf.stack([keptShare(this.#costs, gate => values.get(gate)!), ...shares]);
    });
    const shares = await open.data<'float32'>();
    open.dispose();
    return shares;
  }

  harden(): void {
    hardenGates(gatedLayers(this.#model));
  }

  release(): void {
    this.#takeOff();
    for (const gate of this.#gates) gate.rest();
  }

  #cost(): tf.Scalar {
    if (this.strength === 0 || !this.isPushed) return tf.scalar(0);
    const isMoved = (gate: WeightGate) => gate.isPushed && (this.strength < 0 || this.#closing.has(gate));
    return tf.mul(
      this.strength,
      keptShare(this.#costs, gate => (isMoved(gate) ? gate.openness() : gate.open())),
    );
  }
}
