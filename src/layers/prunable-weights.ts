import type {Shape} from '@tensorflow/tfjs-layers';
import {expectBoolean, expectFunction, expectInteger, expectOptions, isList, received} from '../options/expect.js';
import {fieldsOf, inputShapesIn, isLayer, isModel, type Layer, type Model} from '../tfjs-internals.js';

/** A weight that can be pruned: the layer's field that holds it, and what its axes mean. */
export interface PrunableWeight {
  /** The field of the layer object, such as `kernel`. */
  readonly field: string;
  /** Axes that run over the layer's inputs; negative ones count from the end. */
  readonly inputAxes: readonly number[];
  /** Axes that run over the layer's outputs; negative ones count from the end. */
  readonly outputAxes: readonly number[];
  /** Into how many gates the outputs fall, one behind the other: 4 in an LSTM. Defaults to 1. */
  readonly gates?: number;
  /**
   * Whether an output of this weight is one of the layer, so that the layer's bias of that output goes with it.
   * Defaults to false.
   */
  readonly makesOutputs?: boolean;
  /**
   * Whether this weight multiplies the layer's input itself, whose channels its input axis runs over, so that a
   * criterion can go by that input. Defaults to false.
   */
  readonly seesInput?: boolean;
}

/** How one class of layers can be pruned. */
export interface PrunableWeights {
  readonly weights: readonly PrunableWeight[];
  /**
   * How often each weight multiplies for one example: 1 in a Dense layer, the number of output pixels in a convolution.
   * Defaults to 1.
   */
  readonly positions?: (layer: Layer, inputShape: Shape) => number;
}

/** How a layer that holds other layers hands its input on to them. */
interface Container {
  readonly children: (layer: Layer) => readonly Layer[];
  /** Whether the children work on one time step (axis 1) at a time. */
  readonly overTime?: boolean;
}

const MIXING = {inputAxes: [-2], outputAxes: [-1]};
const KERNEL = {field: 'kernel', ...MIXING, makesOutputs: true, seesInput: true};
const TRANSPOSED_KERNEL = {...KERNEL, inputAxes: [-1], outputAxes: [-2]};
const DEPTHWISE_KERNEL = {field: 'depthwiseKernel', inputAxes: [-2], outputAxes: [-2, -1], seesInput: true};
const POINTWISE_KERNEL = {field: 'pointwiseKernel', ...MIXING, makesOutputs: true};
const EMBEDDINGS = {field: 'embeddings', ...MIXING};

/** The one table of what can be pruned, by class name. */
const PRUNABLE = new Map<string, PrunableWeights>([
  ['Dense', {weights: [KERNEL], positions: (_layer, input) => product(input.slice(1, -1))}],
  ['Conv1D', {weights: [KERNEL], positions: outputPositions}],
  ['Conv2D', {weights: [KERNEL], positions: outputPositions}],
  ['Conv3D', {weights: [KERNEL], positions: outputPositions}],
  ['Conv2DTranspose', {weights: [TRANSPOSED_KERNEL], positions: inputPositions}],
  ['Conv3DTranspose', {weights: [TRANSPOSED_KERNEL], positions: inputPositions}],
  ['DepthwiseConv2D', {weights: [{...DEPTHWISE_KERNEL, makesOutputs: true}], positions: outputPositions}],
  ['SeparableConv2D', {weights: [DEPTHWISE_KERNEL, POINTWISE_KERNEL], positions: outputPositions}],
  ['Embedding', {weights: [EMBEDDINGS], positions: () => 0}],
  ['SimpleRNNCell', {weights: recurrent(1)}],
  ['LSTMCell', {weights: recurrent(4)}],
  ['GRUCell', {weights: recurrent(3)}],
  ['ConvLSTM2DCell', {weights: recurrent(4), positions: convLstmPositions}],
]);

const WRAPPER: Container = {children: layer => [child(layer, 'layer')]};
const RECURRENT: Container = {children: layer => [child(layer, 'cell')], overTime: true};
const CONTAINERS = new Map<string, Container>([
  ['TimeDistributed', {...WRAPPER, overTime: true}],
  ['Bidirectional', {children: layer => [child(layer, 'forwardLayer'), child(layer, 'backwardLayer')]}],
  ['StackedRNNCells', {children: layer => fieldsOf(layer)['cells'] as Layer[]}],
  ['RNN', RECURRENT],
  ['SimpleRNN', RECURRENT],
  ['LSTM', RECURRENT],
  ['GRU', RECURRENT],
  ['ConvLSTM2D', RECURRENT],
]);

/**
 * Declares the prunable weights of a layer class of your own, so that `prunable` wraps such layers. The class must be
 * registered with `tf.serialization.registerClass`, and must get its weight by `this[field].read()` in `call`.
 *
 * @param className the class' static `className`. Declaring a class again replaces its row.
 * @throws TypeError where the row names no weights, or one without its field or axes.
 *
 * @example
 * declarePrunableWeights('MyAttention', {weights: [{field: 'queryKernel', inputAxes: [0], outputAxes: [1]}]});
 */
export function declarePrunableWeights(className: string, row: PrunableWeights): void {
  if (typeof className !== 'string' || className === '') {
    throw new TypeError(`declarePrunableWeights expects the class' className, got ${received(className)}`);
  }
  const {weights, positions} = expectOptions('declarePrunableWeights', row, ['weights', 'positions']);
  if (positions !== undefined) expectFunction('positions', positions, "of the layer and its input's shape");
  if (!isList(weights) || weights.length === 0) {
    throw new TypeError(`Expected \`weights\` to be a non-empty array, got ${received(weights)}`);
  }
  [...weights].forEach((weight, i) => expectPrunableWeight(`\`weights[${i}]\``, weight));
  PRUNABLE.set(className, row);
}

const WEIGHT_OPTIONS = ['field', 'inputAxes', 'outputAxes', 'gates', 'makesOutputs', 'seesInput'];

function expectPrunableWeight(owner: string, weight: PrunableWeight): void {
  const {
    field,
    inputAxes,
    outputAxes,
    gates = 1,
    makesOutputs = false,
    seesInput = false,
  } = expectOptions(owner, weight, WEIGHT_OPTIONS);
  expectInteger('gates', gates, {min: 1});
  expectBoolean('makesOutputs', makesOutputs);
  expectBoolean('seesInput', seesInput);
  if (typeof field !== 'string' || field === '') {
    throw new TypeError(`Expected \`field\` to be a name, got ${received(field)}`);
  }
  for (const [name, axes] of Object.entries({inputAxes, outputAxes})) {
    if (isList(axes) && [...axes].every(Number.isInteger)) continue;
    throw new TypeError(`Expected \`${name}\` of \`${field}\` to be an array of axes, got ${received(axes)}`);
  }
}

/** A layer that holds prunable weights, found inside another one or being that one itself. */
export interface WeightOwner {
  readonly layer: Layer;
  readonly weights: readonly PrunableWeight[];
  /** How often each weight multiplies for one example; NaN where a size is not known. */
  readonly positions: number;
}

/**
 * The owners of prunable weights in a layer: itself, its cell, or the layers that it wraps; none where it has no
 * weights that can be pruned.
 *
 * @param inputShape the layer's input with the batch first; needed only for `positions`.
 */
export function weightOwners(layer: Layer, inputShape: Shape = [], times = 1): WeightOwner[] {
  const row = PRUNABLE.get(layer.getClassName());
  if (row) {
    const positions = inputShape.length === 0 ? NaN : (row.positions?.(layer, inputShape) ?? 1);
    return [{layer, weights: row.weights, positions: positions * times}];
  }
  if (isModel(layer)) return layer.layers.flatMap(inner => ownersInModel(layer, inner, times));
  const container = containerOf(layer);
  if (!container) return [];
  const [batch = null, steps = null, ...rest] = inputShape;
  const overTime = container.overTime === true && inputShape.length > 0;
  const shape = overTime ? [batch, ...rest] : inputShape;
  return container
    .children(layer)
    .flatMap(inner => weightOwners(inner, shape, overTime ? times * (steps ?? NaN) : times));
}

/** A model says itself with which shapes it uses its layers. */
function ownersInModel(model: Model, inner: Layer, times: number): WeightOwner[] {
  const uses = inputShapesIn(model, inner).map(shape => weightOwners(inner, shape, times));
  return weightOwners(inner).map((owner, i) => {
    return {...owner, positions: uses.reduce((sum, owners) => sum + owners[i]!.positions, 0)};
  });
}

/** The layers directly inside a layer: of a wrapper, a recurrent layer, or a nested model; none in all others. */
export function childLayers(layer: Layer): readonly Layer[] {
  return containerOf(layer)?.children(layer) ?? [];
}

/** All layers inside a layer or model, at any depth. */
export function layersWithin(layer: Layer): Layer[] {
  return childLayers(layer).flatMap(inner => [inner, ...layersWithin(inner)]);
}

/** Whether a layer carries a state from step to step, and so takes initial states as further inputs. */
export function isRecurrent(layer: Layer): boolean {
  const container = containerOf(layer);
  return container === RECURRENT || (layer.getClassName() === 'Bidirectional' && container !== undefined);
}

function containerOf(layer: Layer): Container | undefined {
  if (isModel(layer)) return {children: model => (model as Model).layers};
  return CONTAINERS.get(layer.getClassName()) ?? (isLayer(fieldsOf(layer)['layer']) ? WRAPPER : undefined);
}

/** An output goes on living in the other kernel when one of the two has lost it: neither takes the bias along. */
function recurrent(gates: number): PrunableWeight[] {
  return ['kernel', 'recurrentKernel'].map(field => ({field, ...MIXING, gates}));
}

function child(layer: Layer, field: string): Layer {
  return fieldsOf(layer)[field] as Layer;
}

function outputPositions(layer: Layer, inputShape: Shape): number {
  return product(spatial(layer, layer.computeOutputShape(inputShape) as Shape));
}

function inputPositions(layer: Layer, inputShape: Shape): number {
  return product(spatial(layer, inputShape));
}

/** The cell has its convolution's settings, but computes no shapes. */
function convLstmPositions(cell: Layer, inputShape: Shape): number {
  const fields = fieldsOf(cell) as Record<string, unknown> &
    Record<'kernelSize' | 'strides' | 'dilationRate', number[]>;
  const sizes = spatial(cell, inputShape).map((size, i) => {
    const lost = fields['padding'] === 'same' ? 0 : (fields.kernelSize[i]! - 1) * (fields.dilationRate[i] ?? 1);
    return size === null ? null : Math.ceil((size - lost) / fields.strides[i]!);
  });
  return product(sizes);
}

function spatial(layer: Layer, shape: Shape): Shape {
  return fieldsOf(layer)['dataFormat'] === 'channelsFirst' ? shape.slice(2) : shape.slice(1, -1);
}

function product(sizes: Shape): number {
  return sizes.reduce<number>((total, size) => total * (size ?? NaN), 1);
}
