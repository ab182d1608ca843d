import * as tf from '@tensorflow/tfjs-core';
import {expectFunction} from '../options/expect.js';
import {GradientTaps, type GradientTap} from '../parametrizations/gradient-taps.js';
import {Mask} from '../parametrizations/mask.js';
import type {LayerCall, Parametrization} from '../parametrizations/parametrization.js';
import type {AuxiliaryVariable, ParametrizedWeight} from '../parametrizations/parametrized-weight.js';
import {straightThrough} from '../parametrizations/straight-through.js';
import type {WeightLayout} from '../structures/structure.js';
import {assign, type LayerVariable} from '../tfjs-internals.js';

/** Is called with the input of a masked kernel's layer, channels last, and whether the call is a training pass. */
export type InputTap = (input: tf.Tensor, training: boolean) => void;

/** What belongs to the outputs of a kernel, if they are outputs of its layer. */
export interface KernelOutputs {
  readonly bias: LayerVariable | undefined;
}

/** The optional parts of a masked weight. */
interface MaskedWeightArgs extends Partial<ParametrizedWeight> {
  readonly outputs?: KernelOutputs | undefined;
  readonly seesInput?: boolean;
}

/** A prunable weight of a layer: its variable, its mask and its parametrizations. */
export class MaskedWeight {
  /** The kernel's name as it is saved, such as `conv1/kernel`. */
  readonly name: string;
  /** The weight as the optimizer steps it. */
  readonly kernel: LayerVariable;
  /** Non-trainable float32, of the kernel's shape: 1 = kept, 0 = pruned. */
  readonly mask: LayerVariable;
  /** What the axes of the weight mean. */
  readonly layout: WeightLayout;
  /** The bias of this kernel's outputs; undefined if they are not outputs of the layer. */
  readonly outputs: KernelOutputs | undefined;
  /** Whether the kernel multiplies its layer's own input. */
  readonly seesInput: boolean;
  readonly #auxiliary: AuxiliaryVariable[];
  readonly #parametrizations: readonly Parametrization[];
  readonly #mask: Mask;
  readonly #openMask: Parametrization;
  readonly #openers = new Set<object>();
  readonly #unseenOpeners = new Set<object>();
  readonly #onlookers = new Set<object>();
  readonly #taps = new GradientTaps();
  readonly #added = new Set<Parametrization>();
  readonly #inputTaps = new Set<InputTap>();

  /**
   * Wrappers make it, when they are built. `mask` must be all ones.
   *
   * @internal
   */
  constructor(
    kernel: LayerVariable,
    mask: LayerVariable,
    layout: WeightLayout,
    {outputs, seesInput = false, parametrizations = [], auxiliary = []}: MaskedWeightArgs = {},
  ) {
    this.name = kernel.originalName;
    this.kernel = kernel;
    this.mask = mask;
    this.layout = layout;
    this.outputs = outputs;
    this.seesInput = seesInput;
    this.#auxiliary = [...auxiliary];
    this.#parametrizations = parametrizations;
    this.#mask = new Mask(mask, this.name);
    this.#openMask = straightThrough(this.#mask);
  }

  /** The weight that the layer computes with: the kernel after all parametrizations, by default as in `predict`. */
  read(call: LayerCall = {training: false}): tf.Tensor {
    const mask = this.straightThrough ? this.#openMask : this.#mask;
    const steps = [mask, this.#taps, ...this.#parametrizations, ...this.#added];
    return steps.reduce((weight, step) => step.apply(weight, call), this.kernel.read());
  }

  /**
   * Lets its parametrizations set their variables by its values. Call it in a tidy.
   *
   * @internal
   */
  start(): void {
    this.#parametrizations.reduce((weight, step) => {
      step.start?.(weight);
      return step.apply(weight, {training: false});
    }, this.masked());
  }

  /** The variables of its parametrizations, without the mask. */
  get auxiliary(): readonly AuxiliaryVariable[] {
    return this.#auxiliary;
  }

  /**
   * Adds variables that belong to it, after the others.
   *
   * @internal
   */
  holdAlso(auxiliary: readonly AuxiliaryVariable[]): void {
    this.#auxiliary.push(...auxiliary);
  }

  /** The kernel behind its mask, before all other parametrizations. */
  masked(): tf.Tensor {
    return this.#mask.apply(this.kernel.read());
  }

  /** The variables that its layer holds for it besides the kernel: the mask, then those of its parametrizations. */
  get variables(): readonly LayerVariable[] {
    return [this.mask, ...this.auxiliary.map(({variable}) => variable)];
  }

  /** Whether anything but its mask computes it from the kernel: gates, a quantizer, dropout of weights. */
  get isParametrized(): boolean {
    return this.#parametrizations.length + this.#added.size > 0;
  }

  /** Whether its parametrizations are random in training. */
  get isNoisy(): boolean {
    return [...this.#parametrizations, ...this.#added].some(each => each.isNoisy);
  }

  /** What its parametrizations add to the loss. */
  costs(): tf.Scalar[] {
    return this.#parametrizations.flatMap(each => each.cost?.() ?? []);
  }

  /**
   * Adds a parametrization after the others until the returned function is called. It can't have variables of its own;
   * dropout is an example.
   *
   * @example
   * const remove = weight.parametrize({apply: (w, {training}) => (training ? tf.mul(w, noise) : w)});
   */
  parametrize(parametrization: Parametrization): () => void {
    const step: Parametrization = {
      apply: (weight, call) => parametrization.apply(weight, call),
      get isNoisy() {
        return parametrization.isNoisy === true;
      },
    };
    this.#added.add(step);
    return () => void this.#added.delete(step);
  }

  /**
   * Zeroes the kernel variable itself wherever the mask is zero.
   *
   * @throws what {@link expectMask} throws: another callback may have written to the mask in the middle of a training.
   */
  project(): void {
    if (!this.#mask.changes(this.kernel.read())) return;
    this.expectMask();
    if (this.#mask.isDense) return; // as it turned out
    tf.tidy(() => this.#setMaskedKernel(tf.mul(this.kernel.read(), this.mask.read())));
  }

  /**
   * Sets the mask. The kernel keeps its values until `project`, unless `maskedKernel`, its product with the mask, is
   * given: then nothing is computed here, so nothing can fail.
   *
   * @param mask of the kernel's shape: 1 = kept, 0 = pruned.
   * @param known what is known already: `isDense`, that the mask keeps all; `maskedKernel`.
   */
  setMask(
    mask: tf.Tensor,
    {isDense = false, maskedKernel}: {isDense?: boolean; maskedKernel?: tf.Tensor | undefined} = {},
  ): void {
    this.#mask.set(mask, {isDense});
    if (maskedKernel) this.#setMaskedKernel(maskedKernel);
  }

  /**
   * Checks that the mask holds only 0 and 1, since any code may have written to it. A value that was checked before is
   * not downloaded again.
   *
   * @throws RangeError that names the weight and the likely cause.
   */
  expectMask(): void {
    this.#mask.expectSound();
  }

  /**
   * The values of the mask, downloaded.
   *
   * @throws what {@link expectMask} throws.
   */
  maskValues(): Promise<Float32Array> {
    return this.#mask.values();
  }

  /**
   * Calls `listener` in every backward pass through this weight with the gradient of `kernel * mask`, until the
   * returned function is called. The gradient belongs to the pass: `tf.keep` it to use it later. A shared layer calls
   * once for each of its uses, with parts that sum up to the gradient.
   */
  tap(listener: GradientTap): () => void {
    return this.#taps.add(expectFunction('listener', listener, 'of a gradient'));
  }

  /**
   * Lets gradients pass straight through to masked weights until the returned function is called.
   *
   * @param unseen only while nobody looks at gradients ({@link showGradient}). For callers that project the kernel
   *     after every update, with an optimizer that steps each weight on its own: the projection undoes what gradients
   *     do to masked weights before it can be seen, so masking the gradients would be wasted work.
   */
  letGradientsThrough({unseen = false} = {}): () => void {
    return held(unseen ? this.#unseenOpeners : this.#openers);
  }

  /** Whether gradients pass straight through to masked weights. */
  get straightThrough(): boolean {
    return this.#openers.size > 0 || (this.#unseenOpeners.size > 0 && this.#onlookers.size === 0);
  }

  /**
   * Says that gradients are looked at before the optimizer gets them, until the returned function is called. Those of
   * masked weights are zero then, even if a callback would undo their effect.
   */
  showGradient(): () => void {
    return held(this.#onlookers);
  }

  /**
   * Calls `listener` whenever the layer is called, until the returned function is called. The input belongs to the
   * call: `tf.keep` it to use it later.
   *
   * @throws RangeError if the kernel does not multiply its layer's own input.
   */
  tapInput(listener: InputTap): () => void {
    if (!this.seesInput) {
      throw new RangeError(
        `"${this.name}" does not multiply its layer's own input, as kernels of Dense, Conv and DepthwiseConv layers ` +
          'do; choose other layers by `layers`, or another criterion',
      );
    }
    this.#inputTaps.add(expectFunction('listener', listener, 'of an input'));
    return () => this.#inputTaps.delete(listener);
  }

  /** Whether anybody listens to the layer's input. */
  get inputIsTapped(): boolean {
    return this.#inputTaps.size > 0;
  }

  /** Passes the layer's input to the taps, and whether the call is a training pass. */
  showInput(input: tf.Tensor, training: boolean): void {
    for (const listener of this.#inputTaps) listener(input, training);
  }

  #setMaskedKernel(maskedKernel: tf.Tensor): void {
    assign(this.kernel, maskedKernel);
    this.#mask.noteProduct(this.kernel.read());
  }
}

/** Adds a holder, which the returned function removes. */
function held(holders: Set<object>): () => void {
  const holder = {};
  holders.add(holder);
  return () => void holders.delete(holder);
}
