import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {sizeOf} from '../math/size-of.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import type {AuxiliaryVariable} from '../parametrizations/parametrized-weight.js';
import {expectMethods} from '../options/expect.js';
import {assign, dataNow, valueIdentity, type Initializer, type LayerVariable} from '../tfjs-internals.js';
import {OnceAPass} from './once-a-pass.js';
import {firstOfLargest} from './first-of-largest.js';
import type {AddGateVariable, Gate, GateCall, GateGroups, MakeGate} from './gate.js';
import {isNotZero} from './step-function.js';
import {holding, untaped} from './untaped.js';

/** What `conv1/kernel_gate` holds for each group until the gates are hard. */
const UNDECIDED = -1;

/** What `predict` and `evaluate` ask for. */
const FINAL: GateCall = {training: false, step: 0, progress: 1, sparsity: undefined};

/** Adds a variable to the layer of a weight. */
export type AddWeight = (
  name: string,
  shape: readonly number[],
  initializer: Initializer,
  trainable: boolean,
) => LayerVariable;

/**
 * The gates of a weight's groups, and whether they are hard: decided for good. Then they are constants, 0 or 1, which a
 * variable of its own holds, so that nothing that an optimizer still does to the others changes them.
 */
export class WeightGate {
  readonly weight: MaskedWeight;
  readonly shape: readonly number[];
  readonly #gate: Gate;
  readonly #owner: string;
  readonly #trained: LayerVariable[] = [];
  readonly #auxiliary: AuxiliaryVariable[] = [];
  readonly #final: LayerVariable;
  readonly #drawn: OnceAPass;
  readonly #norms: OnceAPass;
  #known: object | undefined;
  #isHard = false;
  #call: GateCall | undefined;

  constructor(owner: string, make: MakeGate, weight: MaskedWeight, groups: Omit<GateGroups, 'layout'>, add: AddWeight) {
    this.weight = weight;
    this.shape = groups.shape;
    this.#owner = owner;
    const hold: AddWeight = (name, shape, initializer, trainable) => {
      const variable = add(name, shape, initializer, trainable);
      this.#auxiliary.push({variable, initializer});
      return variable;
    };
    const addVariable: AddGateVariable = (name, {shape = groups.shape, initializer, trainable = true}) => {
      const variable = hold(name, shape, initializer, trainable);
      if (trainable) this.#trained.push(variable);
      return variable;
    };
    this.#norms = new OnceAPass(() => groups.norms());
    const whole: GateGroups = {
      name: groups.name,
      shape: groups.shape,
      norms: () => this.#norms.read(),
      layout: weight.layout,
    };
    this.#gate = expectMethods(owner, make(whole, addVariable), ['values']);
    this.#drawn = new OnceAPass(() => this.#gate.values(this.#call!));
    this.#final = hold('gate', groups.shape, tfl.initializers.constant({value: UNDECIDED}), false);
  }

  /** Its variables and their initializers. */
  get auxiliary(): readonly AuxiliaryVariable[] {
    return this.#auxiliary;
  }

  get count(): number {
    return sizeOf(this.shape);
  }

  get isNoisy(): boolean {
    return this.#gate.isNoisy === true && !this.isHard;
  }

  get freezesKernel(): boolean {
    return this.#gate.freezesKernel === true && !this.isHard;
  }

  /** What it is moved by: a cost of openness, a sparsity that it follows by itself, or neither. */
  get movedBy(): 'cost' | 'sparsity' | undefined {
    if (this.#gate.openness) return 'cost';
    return this.#gate.followsSparsity === true ? 'sparsity' : undefined;
  }

  /** Whether an optimizer must step its variables, which it does not if their layer is frozen. */
  get isTrained(): boolean {
    return this.#trained.length > 0 && !this.isHard;
  }

  /** Whether its openness answers a target or a strength. */
  get isPushed(): boolean {
    return this.movedBy === 'cost' && !this.isHard;
  }

  /** Whether the gates are decided for good. */
  get isHard(): boolean {
    if (valueIdentity(this.#final) !== this.#known) {
      this.#isHard = dataNow(this.#final.read())[0] !== UNDECIDED;
      this.#known = valueIdentity(this.#final);
    }
    return this.#isHard;
  }

  /** Says which step is being trained, for the calls that follow. */
  async drive(step: Omit<GateCall, 'training'>): Promise<void> {
    this.#call = {...step, training: true};
    await this.#gate.beforeStep?.(this.#call);
  }

  /** Says that the step is over. */
  stepEnd(): void {
    this.#drawn.forget();
    this.#norms.forget();
  }

  /** Says that nothing is being trained any more. */
  rest(): void {
    this.stepEnd();
    this.#call = undefined;
  }

  /** What the kernel of this weight, or of another one with its groups, starts with; undefined for its own values. */
  start(kernel: tf.Tensor): tf.Tensor | undefined {
    return this.#gate.start?.(kernel);
  }

  /**
   * What the weights of each group are multiplied by.
   *
   * @throws Error in training if nobody says which step it is.
   */
  values(training: boolean): tf.Tensor {
    if (this.isHard) return this.#held();
    if (!training) return this.#settled();
    if (this.#call) return this.#drawn.read();
    throw new Error(
      `The gates of "${this.weight.name}" (${this.#owner}) are trained by LearnedMasks; add it to the callbacks of ` +
        'fit, or take the gates off with removeGates',
    );
  }

  /** How open each group is, with gradients. */
  openness(): tf.Tensor {
    return this.#gate.openness!(this.#call ?? FINAL);
  }

  /** The name under which its gates are declared. */
  get declaredName(): string {
    return this.#owner;
  }

  /** How open each group is, to be shown: the openness that a cost pushes down, or the factor of its weights. */
  shown(): tf.Tensor {
    if (this.isHard || !this.#gate.openness) return tf.abs(this.values(false));
    return this.openness();
  }

  /** 1 for each group that stays, as a constant. */
  open(): tf.Tensor {
    if (this.isHard) return this.#final.read();
    return untaped(() => isNotZero(this.#settled()));
  }

  /** The same outside of gradients, unless all of them close: then the one that stays is not among them. */
  openBySelf(): tf.Tensor {
    if (this.isHard) return this.#final.read();
    return isNotZero(this.#gate.values(FINAL));
  }

  /** What `compute` returns, outside of gradients; the norms that it asks for are computed once. */
  during<T>(compute: () => T): T {
    return this.#norms.during(compute);
  }

  /** Decides the gates for good. */
  harden(open: tf.Tensor): void {
    assign(this.#final, tf.add(open, 0));
  }

  /** The final values, of which one at least is open. */
  #settled(): tf.Tensor {
    const values = this.#gate.values(FINAL);
    const ranks = this.#gate.ranks?.() ?? this.#gate.openness?.(FINAL);
    if (!ranks) return values;
    const kept = untaped(() => {
      const isClosed = tf.cast(tf.equal(tf.max(tf.abs(values)), 0), 'float32');
      const mostOpen = firstOfLargest(tf.reshape(ranks, [1, this.count]));
      return tf.mul(tf.reshape(mostOpen, [...this.shape]), isClosed);
    });
    return tf.add(values, kept);
  }

  /** The trained variables keep a gradient, of zero: see {@link holding}. */
  #held(): tf.Tensor {
    return holding(
      tf.clone(this.#final.read()),
      this.#trained.map(variable => variable.read()),
    );
  }
}
