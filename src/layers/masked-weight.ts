import * as tf from '@tensorflow/tfjs-core';
import {expectFunction} from '../options/expect.js';
import type {WeightLayout} from '../structures/structure.js';
import {assign, valueIdentity, type LayerVariable} from '../tfjs-internals.js';
import {expectMaskValues} from './mask-values.js';

/** Sees the gradient of the loss with respect to a masked kernel, as if nothing were masked. */
export type GradientTap = (gradient: tf.Tensor) => void;

/** Sees what a masked kernel's layer gets as its input, channels last, and whether the call is one of training. */
export type InputTap = (input: tf.Tensor, training: boolean) => void;

/** The outputs of a kernel that are outputs of its layer, too. */
export interface KernelOutputs {
  readonly bias: LayerVariable | undefined;
}

/**
 * One prunable weight of a layer and its mask: what the layer computes with is `kernel * mask`.
 *
 * The identities of the last known values spare the work that would change nothing: a mask that is all ones, or a
 * kernel that is zero already wherever the mask is. Whoever writes to either variable changes its identity, so a value
 * that came from elsewhere (a file, `setWeights`, an optimizer) is never taken for a known one.
 */
export class MaskedWeight {
  /** The kernel's name as it is saved, such as `conv1/kernel`. */
  readonly name: string;
  readonly kernel: LayerVariable;
  /** Non-trainable float32, of the kernel's shape: 1 = kept, 0 = pruned. */
  readonly mask: LayerVariable;
  readonly layout: WeightLayout;
  /** What else belongs to this kernel's outputs: the layer's bias; undefined where its outputs are not the layer's. */
  readonly outputs: KernelOutputs | undefined;
  /** Whether gradients reach masked weights too (straight-through), so that they can come back. */
  straightThrough = false;
  /**
   * Whether a callback projects the kernel after every update, by an optimizer that steps each weight alone. Gradients
   * need not be masked then: what they do to masked weights is undone before anyone sees it.
   */
  projectedAfterUpdates = false;
  /**
   * What the layer computes with in training passes, and in no others, made of `kernel * mask` by ops that have
   * gradients: to drop weights for a batch, or to disturb them.
   */
  inTraining: ((masked: tf.Tensor) => tf.Tensor) | undefined;
  /** Whether its layer is being called in training. */
  isTraining = false;
  /** Whether the kernel works on its layer's input itself. */
  readonly seesInput: boolean;
  readonly #taps = new Set<GradientTap>();
  #onlookers = 0;
  readonly #inputTaps = new Set<InputTap>();
  #denseMask: object;
  #soundMask: object;
  #maskedKernel: object | undefined;
  #maskOfKernel: object | undefined;

  /** `mask` must hold ones. */
  constructor(
    kernel: LayerVariable,
    mask: LayerVariable,
    layout: WeightLayout,
    {outputs, seesInput = false}: {outputs?: KernelOutputs | undefined; seesInput?: boolean} = {},
  ) {
    this.name = kernel.originalName;
    this.kernel = kernel;
    this.mask = mask;
    this.layout = layout;
    this.outputs = outputs;
    this.seesInput = seesInput;
    this.#denseMask = this.#soundMask = valueIdentity(mask);
  }

  /** The kernel that the layer computes with. */
  read(): tf.Tensor {
    const masked = this.#readMasked();
    return this.isTraining && this.inTraining ? this.inTraining(masked) : masked;
  }

  /** `kernel * mask`; inside a gradient, its backward pass feeds the taps. */
  #readMasked(): tf.Tensor {
    const kernel = this.kernel.read();
    if (this.#taps.size === 0 && (this.#isDense() || (this.#isUndone() && this.#isMasked()))) return kernel;
    return tf.customGrad(value => ({
      value:
        this.#isMasked() || this.#isDense()
          ? tf.clone(value as tf.Tensor)
          : tf.mul(value as tf.Tensor, this.mask.read()),
      gradFunc: dy => this.#backward(dy),
    }))(kernel);
  }

  /**
   * Makes the kernel variable itself zero wherever the mask is.
   *
   * @throws what {@link expectMask} throws: another callback may have written to the mask in the middle of a training.
   */
  project(): void {
    if (this.#isDense() || this.#isMasked()) return;
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
    assign(this.mask, mask);
    if (isDense) this.#denseMask = valueIdentity(this.mask);
    if (maskedKernel) this.#setMaskedKernel(maskedKernel);
  }

  /**
   * Expects the mask to hold nothing but 0 and 1: it may have come from anywhere. What was looked at before is not
   * downloaded again.
   *
   * @throws RangeError that names the weight and what may have happened.
   */
  expectMask(): void {
    const identity = valueIdentity(this.mask);
    if (identity === this.#soundMask) return;
    expectMaskValues(this.name, this.mask.read().dataSync<'float32'>());
    this.#soundMask = identity;
  }

  /**
   * The values of the mask, downloaded.
   *
   * @throws what {@link expectMask} throws.
   */
  async maskValues(): Promise<Float32Array> {
    const identity = valueIdentity(this.mask);
    const values = (await this.mask.read().data()) as Float32Array;
    if (identity !== this.#soundMask) expectMaskValues(this.name, values);
    this.#soundMask = identity;
    return values;
  }

  /**
   * Calls `listener` in every backward pass through this weight, until the returned function is called. The gradient
   * belongs to the pass: `tf.keep` what is to outlive it. A kernel that is used several times in a pass (of a shared
   * layer, at each time step of a recurrent one) calls as often, with parts that sum up to the gradient.
   */
  tap(listener: GradientTap): () => void {
    this.#taps.add(expectFunction('listener', listener, 'of a gradient'));
    return () => this.#taps.delete(listener);
  }

  /**
   * Lets no gradient be dense because it is projected afterwards, until the returned function is called: for those who
   * look at gradients themselves before the optimizer gets them.
   */
  showGradient(): () => void {
    this.#onlookers++;
    return () => (this.#onlookers--, undefined);
  }

  /**
   * Calls `listener` whenever the layer is called, until the returned function is called. The input belongs to the
   * call: `tf.keep` what is to outlive it.
   *
   * @throws RangeError where the kernel does not work on its layer's input itself.
   */
  tapInput(listener: InputTap): () => void {
    if (!this.seesInput) {
      throw new RangeError(
        `"${this.name}" does not see its layer's input itself, as kernels of Dense, Conv and DepthwiseConv layers do; ` +
          'choose other layers by `layers`, or another criterion',
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
    this.#maskedKernel = valueIdentity(this.kernel);
    this.#maskOfKernel = valueIdentity(this.mask);
  }

  #backward(dy: tf.Tensor): tf.Tensor {
    for (const listener of this.#taps) listener(dy);
    return this.straightThrough || this.#isDense() || this.#isUndone() ? tf.clone(dy) : tf.mul(dy, this.mask.read());
  }

  /** Not by what the kernel holds: a training that is resumed has other identities, and must get the same gradients. */
  #isUndone(): boolean {
    return this.projectedAfterUpdates && this.#onlookers === 0;
  }

  #isDense(): boolean {
    return valueIdentity(this.mask) === this.#denseMask;
  }

  #isMasked(): boolean {
    return valueIdentity(this.kernel) === this.#maskedKernel && valueIdentity(this.mask) === this.#maskOfKernel;
  }
}
