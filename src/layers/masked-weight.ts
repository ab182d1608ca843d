import * as tf from '@tensorflow/tfjs-core';
import {expectFunction} from '../options/expect.js';
import {GradientTaps, type GradientTap} from '../parametrizations/gradient-taps.js';
import {Mask} from '../parametrizations/mask.js';
import type {LayerCall, Parametrization} from '../parametrizations/parametrization.js';
import type {AuxiliaryVariable, ParametrizedWeight} from '../parametrizations/parametrize-weight.js';
import {straightThrough} from '../parametrizations/straight-through.js';
import type {WeightLayout} from '../structures/structure.js';
import {assign, type LayerVariable} from '../tfjs-internals.js';

/** Sees what a masked kernel's layer gets as its input, channels last, and whether the call is one of training. */
export type InputTap = (input: tf.Tensor, training: boolean) => void;

/** The outputs of a kernel that are outputs of its layer, too. */
export interface KernelOutputs {
  readonly bias: LayerVariable | undefined;
}

/** What a masked weight may have besides its kernel and mask. */
interface MaskedWeightArgs extends Partial<ParametrizedWeight> {
  readonly outputs?: KernelOutputs | undefined;
  readonly seesInput?: boolean;
}

/** One prunable weight of a layer: its variable, its mask, and what else stands between it and its layer. */
export class MaskedWeight {
  /** The kernel's name as it is saved, such as `conv1/kernel`. */
  readonly name: string;
  readonly kernel: LayerVariable;
  /** Non-trainable float32, of the kernel's shape: 1 = kept, 0 = pruned. */
  readonly mask: LayerVariable;
  readonly layout: WeightLayout;
  /** What else belongs to this kernel's outputs: the layer's bias; undefined if its outputs are not the layer's. */
  readonly outputs: KernelOutputs | undefined;
  /** Whether the kernel multiplies its layer's input itself. */
  readonly seesInput: boolean;
  /** The variables of its parametrizations, without the mask. */
  readonly auxiliary: readonly AuxiliaryVariable[];
  readonly #parametrizations: readonly Parametrization[];
  readonly #mask: Mask;
  readonly #openMask: Parametrization;
  readonly #openers = new Set<object>();
  readonly #unseenOpeners = new Set<object>();
  readonly #onlookers = new Set<object>();
  readonly #taps = new GradientTaps();
  readonly #added = new Set<Parametrization>();
  readonly #inputTaps = new Set<InputTap>();

  /** `mask` must hold ones. */
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
    this.auxiliary = auxiliary;
    this.#parametrizations = parametrizations;
    this.#mask = new Mask(mask, this.name);
    this.#openMask = straightThrough(this.#mask);
  }

  /** What the layer computes with: the kernel as its parametrizations leave it, outside of training by default. */
  read(call: LayerCall = {training: false}): tf.Tensor {
    const mask = this.straightThrough ? this.#openMask : this.#mask;
    const steps = [mask, this.#taps, ...this.#parametrizations, ...this.#added];
    return steps.reduce((weight, step) => step.apply(weight, call), this.kernel.read());
  }

  /** All that its layer holds for it besides the kernel: the mask first, then what its parametrizations have added. */
  get variables(): readonly LayerVariable[] {
    return [this.mask, ...this.auxiliary.map(({variable}) => variable)];
  }

  /** What its parametrizations add to the loss. */
  costs(): tf.Scalar[] {
    return this.#parametrizations.flatMap(each => each.cost?.() ?? []);
  }

  /**
   * Puts one more parametrization behind the others, until the returned function is called: one without variables of
   * its own, such as dropout.
   *
   * @example
   * const takeAway = weight.parametrize({apply: (w, {training}) => (training ? tf.mul(w, noise) : w)});
   */
  parametrize(parametrization: Parametrization): () => void {
    const step: Parametrization = {apply: (weight, call) => parametrization.apply(weight, call)};
    this.#added.add(step);
    return () => void this.#added.delete(step);
  }

  /**
   * Makes the kernel variable itself zero wherever the mask is.
   *
   * @throws what {@link expectMask} throws: another callback may have written to the mask in the middle of a training.
   */
  project(): void {
    if (!this.#mask.changes(this.kernel.read())) return;
    this.expectMask();
    tf.tidy(() => this.#setMaskedKernel(tf.mul(this.kernel.read(), this.mask.read())));
  }

  /**
   * Takes over a mask. The kernel stays as it is until `project`, unless its product with the mask is handed over, too:
   * then nothing is computed here, and so nothing can go wrong.
   */
  setMask(
    mask: tf.Tensor,
    {isDense = false, maskedKernel}: {isDense?: boolean; maskedKernel?: tf.Tensor | undefined} = {},
  ): void {
    this.#mask.set(mask, {isDense});
    if (maskedKernel) this.#setMaskedKernel(maskedKernel);
  }

  /**
   * Expects the mask to hold only 0 and 1: it may have come from anywhere. A value that was checked before is not
   * downloaded again.
   *
   * @throws RangeError that names the weight and what may have happened.
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
   * Lets gradients reach masked weights, straight through, until the returned function is called.
   *
   * @param unseen whether it does so only while nobody looks at gradients ({@link showGradient}): for whoever projects
   *     the kernel after every update, by an optimizer that steps each weight alone. What gradients do to masked
   *     weights is undone then before anyone sees it, and masking the gradients would be work for nothing.
   */
  letGradientsThrough({unseen = false} = {}): () => void {
    return held(unseen ? this.#unseenOpeners : this.#openers);
  }

  /** Whether gradients reach masked weights, straight through. */
  get straightThrough(): boolean {
    return this.#openers.size > 0 || (this.#unseenOpeners.size > 0 && this.#onlookers.size === 0);
  }

  /**
   * Says that somebody looks at gradients before the optimizer gets them, until the returned function is called: those
   * of masked weights are zero then, though a callback would undo what they do.
   */
  showGradient(): () => void {
    return held(this.#onlookers);
  }

  /**
   * Calls `listener` whenever the layer is called, until the returned function is called. The input belongs to the
   * call: `tf.keep` it to use it later.
   *
   * @throws RangeError if the kernel does not multiply its layer's input itself.
   */
  tapInput(listener: InputTap): () => void {
    if (!this.seesInput) {
      throw new RangeError(
        `"${this.name}" does not see its layer's input itself, as kernels of Dense, Conv and DepthwiseConv layers ` +
          'do; choose other layers by `layers`, or another criterion',
      );
    }
    this.#inputTaps.add(expectFunction('listener', listener, 'of an input'));
    return () => this.#inputTaps.delete(listener);
  }

  /** Whether anyone wants to see the input. */
  get inputIsTapped(): boolean {
    return this.#inputTaps.size > 0;
  }

  /** Feeds the taps with what the layer was called with. */
  showInput(input: tf.Tensor, training: boolean): void {
    for (const listener of this.#inputTaps) listener(input, training);
  }

  #setMaskedKernel(maskedKernel: tf.Tensor): void {
    assign(this.kernel, maskedKernel);
    this.#mask.noteProduct(this.kernel.read());
  }
}

/** Adds one more to those who hold something, until the returned function is called. */
function held(holders: Set<object>): () => void {
  const holder = {};
  holders.add(holder);
  return () => void holders.delete(holder);
}
