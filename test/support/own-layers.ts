import * as tf from '@tensorflow/tfjs';
import {declareLayer, type LayerUse, type PrunableWeight} from 'tfjs-pruning';

type Tensors = tf.Tensor | tf.Tensor[];
type Config = Record<string, number | string>;

const oneOf = (x: Tensors) => [x].flat()[0]!;
const range = (count: number, from = 0) => Array.from({length: count}, (_, i) => from + i);
const resized = (key: string) => (config: tf.serialization.ConfigDict, left: number) => (config[key] = left);
const given = ({layer}: LayerUse) => (layer as unknown as Own).given;

/** A layer of a user's own, whose configuration is a few numbers, and whose weights have names and shapes. */
abstract class Own extends tf.layers.Layer {
  readonly given: Record<string, number>;
  constructor(config: Config) {
    super(config);
    const numbers = Object.entries(config).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
    this.given = Object.fromEntries(numbers);
  }
  weightShapes(_inputs: number): Record<string, number[]> {
    return {};
  }
  read(field: string): tf.Tensor {
    return ((this as unknown as Record<string, unknown>)[field] as tf.LayerVariable).read();
  }
  override build(shape: tf.Shape | tf.Shape[]): void {
    const last = (Array.isArray(shape[0]) ? shape[0] : (shape as tf.Shape)).at(-1)!;
    for (const [field, size] of Object.entries(this.weightShapes(last))) {
      (this as unknown as Record<string, unknown>)[field] = this.addWeight(
        field,
        size,
        'float32',
        tf.initializers.zeros(),
      );
    }
    super.build(shape);
  }
  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), ...this.given};
  }
}

const lastOf = ({inputs: [input]}: LayerUse) => ({axis: input!.shape.length - 1, shape: input!.shape});
const withLast = (shape: tf.Shape | tf.Shape[], last: number): tf.Shape => [...(shape as tf.Shape).slice(0, -1), last];

/** Channels `begin` to `begin + size`. */
export class Slice extends Own {
  static className = 'OwnSlice';
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return withLast(shape, this.given['size']!);
  }
  override call(x: Tensors): tf.Tensor {
    const {begin, size} = this.given;
    const rank = oneOf(x).rank;
    return tf.slice(
      oneOf(x),
      [...Array<number>(rank - 1).fill(0), begin!],
      [...Array<number>(rank - 1).fill(-1), size!],
    );
  }
}

/** Parts of sizes `size0`, `size1`, ... */
export class Split extends Own {
  static className = 'OwnSplit';
  get sizes(): number[] {
    return Object.values(this.given);
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape[] {
    return this.sizes.map(size => withLast(shape, size));
  }
  override call(x: Tensors): tf.Tensor[] {
    return tf.split(oneOf(x), this.sizes, -1);
  }
}

/** Two halves of one size, which is nowhere in the configuration. */
export class Halves extends Own {
  static className = 'OwnHalves';
  override computeOutputShape(shape: tf.Shape): tf.Shape[] {
    return [withLast(shape, shape.at(-1)! / 2), withLast(shape, shape.at(-1)! / 2)];
  }
  override call(x: Tensors): tf.Tensor[] {
    return tf.split(oneOf(x), 2, -1);
  }
}

/** Channels of `groups` groups, dealt out in turn. */
export class Shuffle extends Own {
  static className = 'OwnShuffle';
  override call(x: Tensors): tf.Tensor {
    const shape = oneOf(x).shape;
    const groups = this.given['groups']!;
    const apart = tf.reshape(oneOf(x), [...shape.slice(0, -1), groups, shape.at(-1)! / groups]);
    const axes = range(shape.length + 1);
    return tf.reshape(tf.transpose(apart, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]), shape);
  }
}

/** Two dense layers in one. */
export class Mlp extends Own {
  static className = 'OwnMlp';
  override weightShapes(inputs: number) {
    const {hidden, units} = this.given as {hidden: number; units: number};
    return {up: [inputs, hidden], upBias: [hidden], down: [hidden, units], downBias: [units]};
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return withLast(shape, this.given['units']!);
  }
  override call(x: Tensors): tf.Tensor {
    const hidden = tf.tanh(tf.add(matMul(oneOf(x), this.read('up')), this.read('upBias')));
    return tf.add(matMul(hidden, this.read('down')), this.read('downBias'));
  }
}

/** One half of what the kernel makes weighs the other. */
export class Gated extends Own {
  static className = 'OwnGated';
  override weightShapes(inputs: number) {
    return {both: [inputs, 2 * this.given['units']!]};
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return withLast(shape, this.given['units']!);
  }
  override call(x: Tensors): tf.Tensor {
    const [value, gate] = tf.split(matMul(oneOf(x), this.read('both')), 2, -1);
    return tf.mul(value!, tf.sigmoid(gate!));
  }
}

/**
 * Attention of a sequence to itself, with `heads` heads of `keys` and `values` channels each, and a projection behind.
 */
export class SelfAttention extends Own {
  static className = 'OwnSelfAttention';
  override weightShapes(inputs: number) {
    const {heads, keys, values, units} = this.given as Record<'heads' | 'keys' | 'values' | 'units', number>;
    return {
      q: [inputs, heads * keys],
      k: [inputs, heads * keys],
      v: [inputs, heads * values],
      project: [heads * values, units],
    };
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return withLast(shape, this.given['units']!);
  }
  override call(x: Tensors): tf.Tensor {
    const [q, k, v] = ['q', 'k', 'v'].map(field =>
      tf.split(matMul(oneOf(x), this.read(field)), this.given['heads']!, -1),
    );
    const heads = q!.map((query, i) => tf.matMul(tf.softmax(tf.matMul(query, k![i]!, false, true)), v![i]!));
    return matMul(tf.concat(heads, -1), this.read('project'));
  }
}

/** YOLO's block: what one kernel makes is cut in two, one part goes through `depth` others, and all are joined. */
export class C2f extends Own {
  static className = 'OwnC2f';
  override weightShapes(inputs: number) {
    const {hidden, units, depth} = this.given as Record<'hidden' | 'units' | 'depth', number>;
    return {
      first: [inputs, 2 * hidden],
      ...Object.fromEntries(range(depth).map(i => [`inner${i}`, [hidden, hidden]])),
      last: [(2 + depth) * hidden, units],
    };
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return withLast(shape, this.given['units']!);
  }
  override call(x: Tensors): tf.Tensor {
    const parts = [...tf.split(matMul(oneOf(x), this.read('first')), 2, -1)]; // tf.js keeps the list for the gradient
    for (const i of range(this.given['depth']!)) {
      const before = parts.at(-1)!;
      parts.push(tf.add(before, tf.relu(matMul(before, this.read(`inner${i}`)))));
    }
    return matMul(tf.concat(parts, -1), this.read('last'));
  }
}

/** A convolution of which each group of inputs feeds its group of outputs, by slices. */
export class GroupedConv extends Own {
  static className = 'OwnGroupedConv';
  override weightShapes(inputs: number) {
    const {filters, groups} = this.given as Record<'filters' | 'groups', number>;
    return {kernel: [3, 3, inputs / groups, filters], bias: [filters]};
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return withLast(shape, this.given['filters']!);
  }
  override call(x: Tensors): tf.Tensor {
    const groups = this.given['groups']!;
    const kernels = tf.split<tf.Tensor4D>(this.read('kernel'), groups, 3);
    const parts = tf.split<tf.Tensor4D>(oneOf(x), groups, 3);
    const made = parts.map((part, i) => tf.conv2d(part, kernels[i]!, 1, 'same'));
    return tf.add(tf.concat(made, 3), this.read('bias'));
  }
}

/** The sum of squares: channels end here, without a weight. */
export class Energy extends Own {
  static className = 'OwnEnergy';
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return withLast(shape, 1);
  }
  override call(x: Tensors): tf.Tensor {
    return tf.sum(tf.square(oneOf(x)), -1, true);
  }
}

/** What comes in, and the sum of its squares besides. */
export class WithEnergy extends Own {
  static className = 'OwnWithEnergy';
  override computeOutputShape(shape: tf.Shape): tf.Shape[] {
    return [shape, withLast(shape, 1)];
  }
  override call(x: Tensors): tf.Tensor[] {
    return [tf.mul(oneOf(x), 1), tf.sum(tf.square(oneOf(x)), -1, true)];
  }
}

/** The product of two vectors. */
export class Product extends Own {
  static className = 'OwnProduct';
  override computeOutputShape([shape]: tf.Shape[]): tf.Shape {
    return withLast(shape!, 1);
  }
  override call(inputs: Tensors): tf.Tensor {
    const [a, b] = inputs as tf.Tensor[];
    return tf.sum(tf.mul(a!, b!), -1, true);
  }
}

/** Its first `size0` channels, the larger the more energy the other `size1` have. */
export class Louder extends Own {
  static className = 'OwnLouder';
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return withLast(shape, this.given['size0']!);
  }
  override call(x: Tensors): tf.Tensor {
    const [value, by] = tf.split(oneOf(x), [this.given['size0']!, this.given['size1']!], -1);
    return tf.mul(value!, tf.add(1, tf.sum(tf.square(by!), -1, true)));
  }
}

/** The channels at some positions, in their order. */
export class Order extends tf.layers.Layer {
  static className = 'OwnOrder';
  readonly order: number[];
  constructor(config: {name?: string; order: number[]}) {
    super(config);
    this.order = config.order;
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return withLast(shape, this.order.length);
  }
  override call(x: Tensors): tf.Tensor {
    const input = oneOf(x);
    return tf.gather(input, tf.tensor1d(this.order, 'int32'), input.rank - 1); // tfjs-node takes no -1
  }
  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), order: this.order};
  }
}

/** Two Dense layers of tf.js inside of one. */
export class Block extends Own {
  static className = 'OwnBlock';
  readonly up = tf.layers.dense({name: 'up', units: this.given['hidden']!, activation: 'sigmoid'});
  readonly down = tf.layers.dense({name: 'down', units: this.given['units']!, useBias: this.given['biased'] === 1});
  override build(shape: tf.Shape): void {
    this.up.build(shape);
    this.down.build(withLast(shape, this.given['hidden']!));
    for (const {trainableWeights} of [this.up, this.down]) this._trainableWeights.push(...trainableWeights);
    super.build(shape);
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return withLast(shape, this.given['units']!);
  }
  override call(x: Tensors): tf.Tensor {
    return this.down.apply(this.up.apply(oneOf(x))) as tf.Tensor;
  }
}

/** A layer of which nobody says what becomes of its channels. */
export class Unknown extends Own {
  static className = 'OwnUnknown';
  override call(x: Tensors): tf.Tensor {
    return tf.mul(oneOf(x), 2);
  }
}

/** Blocks of `size` x `size` pixels from as many channels, as models of super-resolution end. */
export class PixelShuffle extends Own {
  static className = 'OwnPixelShuffle';
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    const [size, [n, height, width, channels]] = [this.given['size']!, shape as number[]];
    return [n!, size * height!, size * width!, channels! / size ** 2];
  }
  override call(x: Tensors): tf.Tensor {
    return tf.depthToSpace(oneOf(x) as tf.Tensor4D, this.given['size']!, 'NHWC');
  }
}

/** Its input times a number, as in the residual branches of such models. */
export class Scaled extends Own {
  static className = 'OwnScaled';
  override call(x: Tensors): tf.Tensor {
    return tf.mul(oneOf(x), this.given['by']!);
  }
}

const CLASSES = [
  Slice,
  Split,
  Halves,
  Shuffle,
  Mlp,
  Gated,
  SelfAttention,
  C2f,
  GroupedConv,
  Energy,
  WithEnergy,
  Product,
  Louder,
  Order,
  Block,
  PixelShuffle,
  Scaled,
  Unknown,
];

function matMul(x: tf.Tensor, kernel: tf.Tensor): tf.Tensor {
  const flat = tf.matMul(tf.reshape(x, [-1, x.shape.at(-1)!]), kernel);
  return tf.reshape(flat, [...x.shape.slice(0, -1), kernel.shape[1]!]);
}

/** Kernels that mix inputs into outputs. */
function mixing(...fields: string[]): PrunableWeight[] {
  return fields.map(field => ({field, inputAxes: [-2], outputAxes: [-1]}));
}

/** Registers the classes, and declares their rules and prunable weights. */
export function declareOwnLayers(): void {
  for (const each of CLASSES) tf.serialization.registerClass(each);

  declareLayer('OwnSlice', {
    channelRule: use => {
      const {axis, shape} = lastOf(use);
      const {begin, size} = given(use) as {begin: number; size: number};
      const all = use.along(use.inputs[0]!, axis);
      const channels = use.pick(all, range(size, begin));
      use.sized(use.pick(all, range(begin)), resized('begin'));
      use.sized(channels, resized('size'));
      use.movesValues();
      return [{shape, axis, channels}];
    },
  });
  declareLayer('OwnSplit', {
    channelRule: use => {
      const all = use.along(use.inputs[0]!, -1);
      let from = 0;
      use.movesValues();
      return use.outputShapes.map((shape, i) => {
        const channels = use.pick(all, range(shape.at(-1)!, from));
        use.sized(channels, resized(`size${i}`));
        from += channels.length;
        return {shape, axis: -1, channels};
      });
    },
  });
  declareLayer('OwnHalves', {
    channelRule: use => {
      const all = use.along(use.inputs[0]!, -1);
      const [a, b] = [all.slice(0, all.length / 2), all.slice(all.length / 2)];
      use.together(a, b);
      use.movesValues();
      return [a, b].map((channels, i) => ({shape: use.outputShapes[i]!, axis: -1, channels}));
    },
  });
  declareLayer('OwnShuffle', {
    channelRule: use => {
      const all = use.along(use.inputs[0]!, -1);
      const groups = given(use)['groups']!;
      const size = all.length / groups;
      for (const group of range(groups - 1, 1)) {
        use.together(all.slice(0, size), all.slice(group * size, (group + 1) * size));
      }
      use.movesValues();
      const positions = range(all.length).map(i => (i % groups) * size + Math.floor(i / groups));
      return [{shape: use.outputShapes[0]!, axis: -1, channels: use.pick(all, positions)}];
    },
  });
  declareLayer('OwnPixelShuffle', {
    channelRule: use => {
      const all = use.along(use.inputs[0]!, -1);
      const [shape] = use.outputShapes;
      const channels = all.slice(0, shape!.at(-1)!);
      for (let i = channels.length; i < all.length; i += channels.length) {
        use.together(channels, all.slice(i, i + channels.length));
      }
      use.movesValues();
      return [{shape: shape!, axis: -1, channels}];
    },
  });
  declareLayer('OwnScaled', {
    channelRule: use => [{...use.inputs[0]!, channels: use.along(use.inputs[0]!, -1)}],
  });
  declareLayer('OwnMlp', {
    prunableWeights: mixing('up', 'down'),
    channelRule: use => {
      const hidden = use.makes(given(use)['hidden']!, resized('hidden'), 'hidden');
      const units = use.makes(given(use)['units']!, resized('units'));
      use.tie('up', 0, use.along(use.inputs[0]!, -1), 'takes');
      use.tie('up', 1, hidden, 'makes');
      use.tie('upBias', 0, hidden, 'makes');
      use.tie('down', 0, hidden, 'takes');
      use.tie('down', 1, units, 'makes');
      use.tie('downBias', 0, units, 'makes');
      return [{shape: use.outputShapes[0]!, axis: -1, channels: units}];
    },
  });
  declareLayer('OwnGated', {
    prunableWeights: mixing('both'),
    channelRule: use => {
      const units = use.makes(given(use)['units']!, resized('units'));
      use.tie('both', 0, use.along(use.inputs[0]!, -1), 'takes');
      use.tie('both', 1, use.pick(units, [...units.keys(), ...units.keys()]), 'makes');
      return [{shape: use.outputShapes[0]!, axis: -1, channels: units}];
    },
  });
  declareLayer('OwnSelfAttention', {
    prunableWeights: mixing('q', 'k', 'v', 'project'),
    channelRule: use => {
      const {heads, keys, values, units} = given(use) as Record<'heads' | 'keys' | 'values' | 'units', number>;
      const input = use.along(use.inputs[0]!, -1);
      // One head: its keys and values can be cut. Several: whole heads.
      const whole = heads > 1 ? use.makes(heads, resized('heads'), 'heads') : undefined;
      const within = (count: number, key: string) =>
        whole
          ? use.pick(
              whole,
              range(heads * count).map(i => Math.floor(i / count)),
            )
          : use.makes(count, resized(key), key);
      const [queries, v] = [within(keys, 'keys'), within(values, 'values')];
      const made = use.makes(units, resized('units'));
      use.takes(queries, queries);
      for (const [field, channels] of [
        ['q', queries],
        ['k', queries],
        ['v', v],
      ] as const) {
        use.tie(field, 0, input, 'takes');
        use.tie(field, 1, channels, 'makes');
      }
      use.tie('project', 0, v, 'takes');
      use.tie('project', 1, made, 'makes');
      return [{shape: use.outputShapes[0]!, axis: -1, channels: made}];
    },
  });
  declareLayer('OwnC2f', {
    prunableWeights: mixing('first', 'inner0', 'inner1', 'last'),
    channelRule: use => {
      const {hidden, units, depth} = given(use) as Record<'hidden' | 'units' | 'depth', number>;
      const inner = use.makes(hidden, resized('hidden'), 'hidden');
      const made = use.makes(units, resized('units'));
      const times = (count: number) =>
        use.pick(
          inner,
          range(count * hidden).map(i => i % hidden),
        );
      use.tie('first', 0, use.along(use.inputs[0]!, -1), 'takes');
      use.tie('first', 1, times(2), 'makes');
      for (const i of range(depth)) {
        use.tie(`inner${i}`, 0, inner, 'takes');
        use.tie(`inner${i}`, 1, inner, 'makes');
      }
      use.tie('last', 0, times(2 + depth), 'takes');
      use.tie('last', 1, made, 'makes');
      return [{shape: use.outputShapes[0]!, axis: -1, channels: made}];
    },
  });
  declareLayer('OwnGroupedConv', {
    prunableWeights: mixing('kernel'),
    channelRule: use => {
      const {filters, groups} = given(use) as Record<'filters' | 'groups', number>;
      const input = use.along(use.inputs[0]!, -1);
      const size = input.length / groups;
      for (const group of range(groups)) use.tie('kernel', 2, input.slice(group * size, (group + 1) * size), 'takes');
      const made = use.makes(filters, resized('filters'));
      const each = filters / groups;
      for (const group of range(groups - 1, 1)) {
        use.together(made.slice(0, each), made.slice(group * each, (group + 1) * each));
      }
      use.tie('kernel', 3, made, 'makes');
      use.tie('bias', 0, made, 'makes');
      return [{shape: use.outputShapes[0]!, axis: -1, channels: made}];
    },
  });
  declareLayer('OwnEnergy', {channelRule: use => [use.staying(use.outputShapes[0]!, 'are one number')]});
  declareLayer('OwnLouder', {
    channelRule: use => {
      const all = use.along(use.inputs[0]!, -1);
      const [channels, by] = [all.slice(0, given(use)['size0']), all.slice(given(use)['size0'])];
      use.sized(channels, resized('size0'));
      use.sized(by, resized('size1'));
      return [{shape: use.outputShapes[0]!, axis: -1, channels}];
    },
  });
  declareLayer('OwnOrder', {
    channelRule: use => {
      const all = use.along(use.inputs[0]!, -1);
      use.sized(all, (config, _left, kept) => {
        const places = new Map([...kept].map((before, place) => [before, place]));
        config['order'] = (config['order'] as number[]).flatMap(at => places.get(at) ?? []);
      });
      use.movesValues();
      return [{shape: use.outputShapes[0]!, axis: -1, channels: use.pick(all, (use.layer as unknown as Order).order)}];
    },
  });
  declareLayer('OwnBlock', {
    channelRule: use => {
      const {up, down} = use.layer as unknown as Block;
      const hidden = use.through(up, use.inputs)[0]!;
      const [made] = use.through(down, [hidden]);
      use.sized(hidden.channels, resized('hidden'));
      use.sized(made!.channels, resized('units'));
      return [made!];
    },
  });
  declareLayer('OwnWithEnergy', {
    channelRule: use => [use.inputs[0]!, use.staying(use.outputShapes[1]!, 'are one number')],
  });
  declareLayer('OwnProduct', {
    channelRule: use => {
      const [a, b] = use.inputs.map(input => use.along(input, -1));
      use.together(a!, b!);
      use.takes(a!, b!);
      return [use.staying(use.outputShapes[0]!, 'are one number')];
    },
  });
}
