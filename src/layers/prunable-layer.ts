import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expectFunction, isPlainObject, received} from '../options/expect.js';
import {oneOf, option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import {
  deserializedParametrizations,
  parametrizationList,
  serializedParametrizations,
  type DeclaredParametrization,
} from '../parametrizations/declared.js';
import {parametrized} from '../parametrizations/parametrized-weight.js';
import {
  assign,
  deserialize,
  fieldsOf,
  isFilledLater,
  isLayer,
  overrideLosses,
  viewOf,
  type Config,
  type Initializer,
  type Layer,
  type LayerVariable,
  type Model,
  type Serialized,
} from '../tfjs-internals.js';
import type {PrunableWeight} from './cards/layer-card.js';
import {configOf} from './layer-config.js';
import {layoutOf} from './layout-of.js';
import {MaskedWeight} from './masked-weight.js';
import {isRecurrent} from './cards/card-of.js';
import {childLayers, layersWithin} from './inner-layers.js';
import {kernelsOf, weightIn, weightOwners} from './prunable-weights.js';
import {fixWeightOrder, inFixedOrder} from './weight-order.js';
import {channelsLast} from './cards/channels-last.js';

/** What gradients do at masked weights: stop there, or pass straight through so that the weights can come back. */
export type MaskGradient = 'masked' | 'straightThrough';

const OPTIONS = {
  /** The layer to wrap: new, not yet part of a model. */
  layer: option((_name, layer: Layer) => layer),
  /** What gradients do at masked weights. Defaults to 'masked'. */
  gradient: oneOf<MaskGradient, MaskGradient>(['masked', 'straightThrough'], 'masked'),
  /** What is applied to the masked weights, in order: gates, a quantizer. Defaults to none. */
  parametrizations: parametrizationList(),
};

/** Options of {@link PrunableLayer} and its kinds. */
export type PrunableLayerArgs = Args<typeof OPTIONS>;

/**
 * Wraps a layer and masks its prunable weights: the layer computes with `kernel * mask`.
 *
 * The wrapper takes the layer's name, so `getLayer` and weight names stay the same. It adds one non-trainable mask per
 * prunable weight (`dense/kernel_mask`, 1 = kept, all ones at first), which is counted, shown by `summary()`, and saved
 * and loaded with the model. Callbacks decide when masks change; `stripPruning` removes the wrappers.
 *
 * Any layer with prunable weights can be wrapped, also inside `TimeDistributed`, `Bidirectional` or a recurrent layer.
 * Common layers have a kind of their own, such as `PrunableDense`.
 *
 * @throws TypeError if `layer` is not a layer, has no prunable weights, is already wrapped, or already belongs to a
 *     model.
 *
 * @example
 * model.add(new PrunableLayer({layer: tf.layers.lstm({units: 32})}));
 */
export class PrunableLayer extends tfl.layers.Layer {
  /** The name by which files hold the class. */
  static className = 'PrunableLayer';
  /** The class name of the layers that this kind wraps; undefined for any layer. */
  static readonly wraps: string | undefined = undefined;
  /** Whether the layer must have prunable weights. */
  static readonly needsWeights: boolean = true;

  /** The wrapped layer. */
  readonly layer: Layer;
  readonly #parametrizations: readonly DeclaredParametrization[];
  readonly #variableNames = new Set<string>();
  #maskedWeights: readonly MaskedWeight[] = [];
  #gradient: MaskGradient;
  #stopGradients: () => void = () => undefined;
  /** The weights that the current call computes with; undefined outside of a call. */
  #computed: readonly tf.Tensor[] | undefined;
  #onceBuilt: (() => void) | undefined;

  constructor(args: PrunableLayerArgs) {
    const {layer, gradient, parametrizations} = readArgs(new.target.className, args);
    expectWrappable(layer, new.target);
    super({name: layer.name, dtype: layer.dtype, batchInputShape: layer.batchInputShape});
    this.layer = layer;
    this.supportsMasking = layer.supportsMasking;
    this.#gradient = gradient;
    this.#parametrizations = parametrizations;
  }

  /** The prunable weights with their masks, in the layer's order; empty until the layer is built. */
  get maskedWeights(): readonly MaskedWeight[] {
    return this.#maskedWeights;
  }

  /** What gradients do at masked weights; takes effect at the next training step. */
  get gradient(): MaskGradient {
    return this.#gradient;
  }

  /** `gradient` is 'masked' or 'straightThrough'. */
  set gradient(gradient: MaskGradient) {
    this.#gradient = OPTIONS.gradient.check('gradient', gradient);
    this.#stopGradients();
    const open = gradient === 'straightThrough' ? this.#maskedWeights : [];
    const stops = open.map(weight => weight.letGradientsThrough());
    this.#stopGradients = () => stops.forEach(stop => stop());
  }

  /**
   * Calls `listener` with the dense gradient of each masked weight, in the same backward pass that trains the model,
   * until the returned function is called. It is the gradient with respect to `kernel * mask`: not zero where the mask
   * is zero.
   *
   * @param listener gets the weight and a part of its gradient, one for each use of the layer in a pass; the parts sum
   *     up to the gradient. `tf.keep` it to use it after the pass.
   *
   * @example
   * const stop = layer.tapGradients((weight, gradient) => sums.set(weight.name, tf.keep(tf.abs(gradient))));
   */
  tapGradients(listener: (weight: MaskedWeight, gradient: tf.Tensor) => void): () => void {
    expectFunction('listener', listener, 'of a weight and its gradient');
    const stops = this.#maskedWeights.map(weight => weight.tap(gradient => listener(weight, gradient)));
    return () => stops.forEach(stop => stop());
  }

  /**
   * Calls `listener` with each input of the layer, channels last, until the returned function is called.
   *
   * @param listener gets each weight that multiplies the input, the input, and whether the call is a training pass
   *     (`fit`) or not (`predict`, `evaluate`, validation). The input belongs to the call: `tf.keep` it to use it
   *     later.
   * @throws RangeError if no weight multiplies the layer's own input: in a recurrent layer, or one that wraps another.
   *
   * @example
   * const stop = layer.tapInputs((weight, input, training) => training && counts.push(input.shape[0]));
   */
  tapInputs(listener: (weight: MaskedWeight, input: tf.Tensor, training: boolean) => void): () => void {
    expectFunction('listener', listener, 'of a weight, an input, and whether the call is a training pass');
    const seeing = this.#maskedWeights.filter(({seesInput}) => seesInput);
    const stops = (seeing.length > 0 ? seeing : this.#maskedWeights).map(weight =>
      weight.tapInput((input, training) => listener(weight, input, training)),
    );
    return () => stops.forEach(stop => stop());
  }

  /** Runs `action` as soon as the layer is built, to copy weights into it. */
  onceBuilt(action: () => void): void {
    this.#onceBuilt = expectFunction('action', action, 'of nothing');
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    this.layer.build(inputShape);
    this.layer.built = true;
    const initial = this.layer.initialWeights as tf.Tensor[] | null;
    if (initial) this.layer.setWeights(initial);
    // A recurrent layer accepts initial states as extra inputs, and checks its inputs itself.
    if (!isRecurrent(this.layer)) this.inputSpec = this.layer.inputSpec;
    const rows = weightOwners(this.layer).flatMap(({layer, weights}) => weights.map(row => ({layer, row})));
    this.#maskedWeights = rows.map(({layer, row}, i) => this.#mask(layer, row, i));
    this.gradient = this.#gradient;
    this.completeBuild();
    this.built = true;
    if (!isFilledLater(this)) this.startWeights();
    tf.tidy(() => this.#onceBuilt?.());
    this.#onceBuilt = undefined;
  }

  /**
   * Lets parametrizations set their variables by the weights that the layer has now.
   *
   * @internal
   */
  startWeights(): void {
    tf.tidy(() => this.#maskedWeights.forEach(weight => weight.start()));
  }

  /**
   * What a subclass adds to the masked weights.
   *
   * @internal
   */
  protected completeBuild(): void {}

  /**
   * Adds a variable that belongs to a weight: `mask` for `conv1/kernel` is saved as `conv1/kernel_mask`.
   *
   * @throws RangeError if the weight has one of that name.
   * @internal
   */
  protected addVariable(
    weight: string,
    name: string,
    shape: number[],
    initializer: Initializer,
    trainable: boolean,
  ): LayerVariable {
    const first = initializer as ReturnType<typeof tfl.initializers.ones>;
    const ownName = `${withoutScope(weight, this.name)}_${name}`;
    if (this.#variableNames.has(ownName)) throw namedTwice(weight, name);
    this.#variableNames.add(ownName);
    return this.addWeight(ownName, shape, 'float32', first, undefined, trainable, undefined, () => first);
  }

  /** The variables that the wrapper adds to those of its layer, in a fixed order. */
  get addedVariables(): readonly LayerVariable[] {
    return this.#maskedWeights.flatMap(({variables}) => variables);
  }

  /** Writes the weights that the layer computes with in `predict` into a plain copy of it. */
  bakeInto(copy: Layer): void {
    // Adding 0 turns -0, the product of a negative weight and its mask, into 0, which compresses better.
    kernelsOf(copy).forEach((kernel, i) => assign(kernel, tf.add(this.#maskedWeights[i]!.read(), 0)));
  }

  override apply(
    inputs: Parameters<Layer['apply']>[0],
    kwargs: Record<string, unknown> = {},
  ): ReturnType<Layer['apply']> {
    const {initialState, ...others} = kwargs;
    if (initialState === undefined || !isRecurrent(this.layer)) return super.apply(inputs, kwargs);
    return super.apply([inputs, initialState].flat() as tf.Tensor[], others);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor | tf.Tensor[] {
    const training = isTraining(kwargs);
    this.#showInput(inputs, training);
    return tf.tidy(() => {
      this.#computed = this.#maskedWeights.map(weight => weight.read({training}));
      try {
        return this.#callLayer(inputs, kwargs);
      } finally {
        this.#computed = undefined;
      }
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return this.layer.computeOutputShape(inputShape);
  }

  override computeMask(inputs: tf.Tensor | tf.Tensor[], mask?: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
    return this.layer.computeMask(inputs, mask);
  }

  override get trainable(): boolean {
    return this.layer.trainable;
  }

  override set trainable(trainable: boolean) {
    super.trainable = trainable;
    this.layer.trainable = trainable;
  }

  override get trainableWeights(): LayerVariable[] {
    return [...this.layer.trainableWeights, ...(this.trainable ? super.trainableWeights : [])];
  }

  override get nonTrainableWeights(): LayerVariable[] {
    return [...this.layer.nonTrainableWeights, ...super.nonTrainableWeights];
  }

  override get weights(): LayerVariable[] {
    return inFixedOrder(this, super.weights);
  }

  override get losses(): Layer['losses'] {
    return this.layer.losses;
  }

  override get stateful(): boolean {
    return this.layer.stateful;
  }

  override resetStates(): void {
    this.layer.resetStates();
  }

  override setFastWeightInitDuringBuild(value: boolean): void {
    super.setFastWeightInitDuringBuild(value);
    this.layer.setFastWeightInitDuringBuild(value);
  }

  override getConfig(): Config {
    const layer = {className: this.layer.getClassName(), config: configOf(this.layer)};
    const config = {...super.getConfig(), layer, gradient: this.gradient};
    if (this.#parametrizations.length === 0) return config;
    return {...config, parametrizations: serializedParametrizations(this.#parametrizations)} as unknown as Config;
  }

  /** Makes the wrapper `cls` out of a `config` that `getConfig` gave. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: Config,
  ): T {
    return new cls((cls as unknown as typeof PrunableLayer).argsOf(config));
  }

  /**
   * The arguments of the constructor, from a configuration.
   *
   * @internal
   */
  protected static argsOf(config: Config): PrunableLayerArgs {
    const layer = config['layer'] as unknown as Partial<Serialized> | undefined;
    if (typeof layer?.className !== 'string' || !isPlainObject(layer.config)) {
      throw new TypeError(
        `Expected the configuration of a ${this.className} to hold \`layer: {className, config}\`; ` +
          'the file is damaged, or was not written by this library',
      );
    }
    const parametrizations = deserializedParametrizations(
      (config['parametrizations'] ?? []) as unknown as Serialized[],
    );
    const gradient = (config['gradient'] ?? 'masked') as MaskGradient;
    return {layer: deserialize(layer as Serialized), gradient, parametrizations};
  }

  /** What a plain model holds instead: the wrapped layer of the `config`. */
  static inPlainModel(config: Config): Serialized {
    return config['layer'] as unknown as Serialized;
  }

  #callLayer(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor | tf.Tensor[] {
    if (!Array.isArray(inputs) || inputs.length === 1 || !isRecurrent(this.layer)) {
      return this.layer.call(inputs, kwargs);
    }
    // A model passes initial states as extra inputs; a recurrent layer separates them in `apply`, not in `call`.
    const [input, ...initialState] = inputs;
    return this.layer.call(input!, {...kwargs, initialState});
  }

  #showInput(inputs: tf.Tensor | tf.Tensor[], training: boolean): void {
    const tapped = this.#maskedWeights.filter(weight => weight.inputIsTapped);
    if (tapped.length === 0) return;
    tf.tidy(() => {
      const input = channelsLast([inputs].flat()[0]!, this.layer);
      for (const weight of tapped) weight.showInput(input, training);
    });
  }

  #mask(owner: Layer, row: PrunableWeight, index: number): MaskedWeight {
    const {field} = row;
    const fields = fieldsOf(owner);
    const kernel = weightIn(owner, field);
    const outputs = row.makesOutputs ? {bias: (fields['bias'] as LayerVariable | null) ?? undefined} : undefined;
    // The input of a layer inside this one is not the input of this one.
    const seesInput = owner === this.layer && row.seesInput === true;
    const layout = layoutOf(kernel, row, owner);
    const addVariable = (name: string, shape: number[], initializer: Initializer, trainable: boolean) =>
      this.addVariable(layout.name, name, shape, initializer, trainable);
    const mask = addVariable('mask', [...layout.shape], tfl.initializers.ones(), false);
    const parametrizing = parametrized(this.#parametrizations, kernel, layout, addVariable);
    const weight = new MaskedWeight(kernel, mask, layout, {outputs, seesInput, ...parametrizing});
    fields[field] = viewOf(kernel, () => this.#computed?.[index] ?? weight.read());
    return weight;
  }
}

/** Whether a layer is a wrapper of this library, or of another copy of it (its ESM and its CommonJS build). */
export function isPrunableLayer(layer: Layer): layer is PrunableLayer {
  return 'maskedWeights' in layer && 'tapGradients' in layer;
}

/** A layer's weights in order of creation, which, unlike `weights`, does not change when some are frozen. */
export function inCreationOrder(layer: Layer): LayerVariable[] {
  return [...layer.weights].sort((a, b) => a.id - b.id);
}

function readArgs(kind: string, args: PrunableLayerArgs): Values<typeof OPTIONS> {
  if (isLayer(args)) throw new TypeError(`${kind} expects an object, got the layer itself; pass {layer: ...}`);
  return read(kind, args, OPTIONS);
}

/** What differs between kinds of wrappers. */
type Kind = Pick<typeof PrunableLayer, 'className' | 'wraps'> & {needsWeights: boolean};

function expectWrappable(layer: Layer | undefined, {className: kind, wraps, needsWeights}: Kind): void {
  if (!isLayer(layer)) {
    throw new TypeError(`Expected \`layer\` of ${kind} to be a layer to wrap, got ${received(layer)}`);
  }
  const className = layer.getClassName();
  const named = `"${layer.name}" (${className})`;
  if (holdsPrunableLayer(layer)) throw new TypeError(`Expected a layer that is not wrapped yet, got ${named}`);
  if (wraps !== undefined && className !== wraps) {
    throw new TypeError(
      `Expected \`layer\` of ${kind} to be a ${wraps} layer, got ${named}; use PrunableLayer for any layer`,
    );
  }
  if (needsWeights && weightOwners(layer).length === 0) {
    throw new TypeError(
      `Expected a layer with prunable weights, got ${named}; declare a layer of your own with declareLayer`,
    );
  }
  if (layer.built || layer.inboundNodes.length > 0) {
    throw new TypeError(
      `Expected a new layer, got ${named}, which is built already; wrap a copy of it with prunable(layer)`,
    );
  }
}

/** Whether a layer is a wrapper or contains one, at any depth. */
export function holdsPrunableLayer(layer: Layer): boolean {
  return isPrunableLayer(layer) || childLayers(layer).some(holdsPrunableLayer);
}

/** `fit` passes `training: true`; `predict` and `evaluate` pass nothing. */
function isTraining(kwargs: Record<string, unknown> | undefined): boolean {
  return kwargs?.['training'] === true;
}

/** `block/conv1/kernel` -> `kernel`: the wrapper's own name scope is put before the name again. */
function withoutScope(name: string, scope: string): string {
  const at = `/${name}`.indexOf(`/${scope}/`);
  return at < 0 ? name : name.slice(at + scope.length + 1);
}

function namedTwice(weight: string, name: string): RangeError {
  return new RangeError(
    `Expected the variables of "${weight}" to have different names, got "${name}" twice; list each parametrization ` +
      'once, and let those of your own name their variables otherwise',
  );
}

/** The costs of this copy's wrappers; another copy of the library adds its own. */
function costsOf(model: Model): tf.Scalar[] {
  const wrappers = new Set(layersWithin(model).filter(layer => layer instanceof PrunableLayer));
  return [...wrappers].flatMap(({maskedWeights}) => maskedWeights.flatMap(weight => weight.costs()));
}

tf.serialization.registerClass(PrunableLayer);
fixWeightOrder(holdsPrunableLayer);
overrideLosses(costsOf);
