import * as tf from '@tensorflow/tfjs';

const {layers} = tf;

type Shape = [height: number, width: number, channels: number];
type Symbolic = tf.SymbolicTensor;

/** A net of ten classes for images of a given shape, with all weights drawn from the seed. */
export interface NetArgs {
  readonly seed: number;
  readonly inputShape: Shape;
}

/** The layers of one net, each with its own seed, so that equal shapes do not get equal weights. */
class Parts {
  #seed: number;

  constructor(seed: number) {
    this.#seed = 1000 * seed;
  }

  #initializer() {
    return tf.initializers.heNormal({seed: this.#seed++});
  }

  dense(units: number, activation: 'relu' | 'softmax' = 'softmax') {
    return layers.dense({units, activation, kernelInitializer: this.#initializer()});
  }

  conv(filters: number, kernelSize: number, strides = 1, more: {inputShape?: Shape} = {}) {
    const kernelInitializer = this.#initializer();
    return layers.conv2d({filters, kernelSize, strides, padding: 'same', useBias: false, kernelInitializer, ...more});
  }

  /** A convolution with batch normalization. */
  normalized(filters: number, kernelSize: number, strides = 1, more: {inputShape?: Shape} = {}) {
    return [this.conv(filters, kernelSize, strides, more), batchNormalization()];
  }

  depthwise(strides: number) {
    const [depthwiseInitializer, padding] = [this.#initializer(), 'same'] as const;
    const depthwise = layers.depthwiseConv2d({kernelSize: 3, strides, padding, useBias: false, depthwiseInitializer});
    return [depthwise, batchNormalization()];
  }

  /** Two 3 x 3 convolutions and a shortcut, which is a 1 x 1 convolution if the shape changes. */
  residual(x: Symbolic, filters: number, strides: number): Symbolic {
    const [first, second] = [this.normalized(filters, 3, strides), this.normalized(filters, 3)];
    const branch = through(x, ...first, layers.reLU(), ...second);
    const same = strides === 1 && x.shape.at(-1) === filters;
    const shortcut = same ? x : through(x, ...this.normalized(filters, 1, strides));
    return through(layers.add().apply([branch, shortcut]) as Symbolic, layers.reLU());
  }

  /** 1 x 1 expansion, depthwise convolution and 1 x 1 projection; added to the input if the shapes are equal. */
  invertedResidual(
    x: Symbolic,
    {filters, expansion, strides}: Record<'filters' | 'expansion' | 'strides', number>,
  ): Symbolic {
    const channels = x.shape.at(-1)!;
    const expanded = expansion === 1 ? x : through(x, ...this.normalized(expansion * channels, 1), relu6());
    const projected = through(expanded, ...this.depthwise(strides), relu6(), ...this.normalized(filters, 1));
    const same = strides === 1 && channels === filters;
    return same ? (layers.add().apply([x, projected]) as Symbolic) : projected;
  }
}

/** Its moving statistics adapt within tens of steps, since trainings are short here. */
const batchNormalization = () => layers.batchNormalization({momentum: 0.9});

const relu6 = () => layers.reLU({maxValue: 6});

const through = (x: Symbolic, ...stack: tf.layers.Layer[]) =>
  stack.reduce((tensor, layer) => layer.apply(tensor) as Symbolic, x);

/**
 * Residual blocks in stages, each with half the resolution of the one before. With 16, 32 and 64 channels and three
 * blocks each it is ResNet-20, https://arxiv.org/abs/1512.03385, except for its 1 x 1 shortcuts.
 */
export function resnet({
  seed,
  inputShape,
  widths = [16, 32, 64],
  blocks = 3,
  stemStrides = 1,
}: NetArgs & {widths?: readonly number[]; blocks?: number; stemStrides?: number}): tf.LayersModel {
  const parts = new Parts(seed);
  const inputs = tf.input({shape: inputShape});
  let x = through(inputs, ...parts.normalized(widths[0]!, 3, stemStrides), layers.reLU());
  for (const [stage, filters] of widths.entries()) {
    for (let block = 0; block < blocks; block++) x = parts.residual(x, filters, stage > 0 && block === 0 ? 2 : 1);
  }
  return tf.model({inputs, outputs: through(x, layers.globalAveragePooling2d({}), parts.dense(10))});
}

/** Expansion, channels, blocks and first strides of each stage. */
const MOBILENET_V2 = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** MobileNetV2, https://arxiv.org/abs/1801.04381, of a width, with channels in multiples of 8. */
export function mobilenetV2({
  seed,
  inputShape,
  width = 1,
  classes = 10,
}: NetArgs & {width?: number; classes?: number}): tf.LayersModel {
  const parts = new Parts(seed);
  const inputs = tf.input({shape: inputShape});
  const wide = (filters: number) => {
    const rounded = Math.max(8, Math.floor((filters * width + 4) / 8) * 8);
    return rounded < 0.9 * filters * width ? rounded + 8 : rounded;
  };
  let x = through(inputs, ...parts.normalized(wide(32), 3, 2), relu6());
  for (const [expansion, filters, blocks, strides] of MOBILENET_V2) {
    for (let block = 0; block < blocks; block++) {
      x = parts.invertedResidual(x, {filters: wide(filters), expansion, strides: block === 0 ? strides : 1});
    }
  }
  const last = [...parts.normalized(1280, 1), relu6(), layers.globalAveragePooling2d({}), parts.dense(classes)];
  return tf.model({inputs, outputs: through(x, ...last)});
}

/**
 * Stages of 3 x 3 convolutions, each halving the resolution in its last layer, then dense layers, as in
 * https://arxiv.org/abs/1409.1556, with batch normalizations.
 */
export function vgg({
  seed,
  inputShape,
  stages,
  dense = [],
}: NetArgs & {stages: readonly (readonly number[])[]; dense?: readonly number[]}): tf.Sequential {
  const parts = new Parts(seed);
  const convolutions = stages.flatMap((widths, stage) => [
    ...widths.flatMap((filters, i) => [
      ...parts.normalized(filters, 3, 1, stage === 0 && i === 0 ? {inputShape} : {}),
      layers.reLU(),
    ]),
    layers.maxPooling2d({poolSize: 2}),
  ]);
  const hidden = dense.map(units => parts.dense(units, 'relu'));
  return tf.sequential({layers: [...convolutions, layers.flatten(), ...hidden, parts.dense(10)]});
}

/** Eight convolutions and two hidden layers with just over 21 M parameters, for images of 32 x 32. */
export function largeVgg(seed: number): tf.Sequential {
  const stages = [64, 128, 256, 512].map(filters => [filters, filters]);
  return vgg({seed, inputShape: [32, 32, 3], stages, dense: [4096, 2048]});
}
