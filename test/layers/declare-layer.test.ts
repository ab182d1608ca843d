import * as tf from '@tensorflow/tfjs';
import {
  addPenalty,
  declareLayer,
  l1,
  listPrunable,
  modelCost,
  prunable,
  traceChannels,
  type LayerDeclaration,
  type PrunableLayer,
  type PrunableWeight,
} from 'tfjs-pruning';
import {isNoisy} from '../../src/layers/cards/pass-card-of.js';
import {channelCardOf} from '../../src/layers/cards/channel-card-of.js';

/** A layer of a user's own: a scale for each channel. */
class OwnScale extends tf.layers.Layer {
  static className = 'DeclaredScale';
  declare scale: tf.LayerVariable;
  override build(shape: tf.Shape): void {
    this.scale = this.addWeight('scale', [shape.at(-1)!], 'float32', tf.initializers.ones());
    this.built = true;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mul([inputs].flat()[0]!, this.scale.read());
  }
}

const scaled = () =>
  tf.sequential({
    layers: [
      tf.layers.dense({units: 3, inputShape: [5, 2], name: 'a'}),
      new OwnScale({name: 'scale'}),
      tf.layers.dense({units: 1, name: 'head'}),
    ],
  });

const statusOf = (model: tf.LayersModel) => listPrunable(model).find(({layer}) => layer === 'scale')!.status;
const frozenOf = (model: tf.LayersModel) => traceChannels(model).groups.find(({name}) => name === 'a')!.frozen;
const costOf = (model: tf.LayersModel) => modelCost(model).layers.find(({layer}) => layer === 'scale')!.multiplyAdds;

const WEIGHTS: LayerDeclaration = {prunableWeights: [{field: 'scale', inputAxes: [], outputAxes: [0]}]};
const RULE: LayerDeclaration = {
  channelRule: use => {
    const channels = use.along(use.inputs[0]!, -1);
    use.tie('scale', 0, channels, 'passes');
    return [{...use.inputs[0]!, channels}];
  },
};

test('a later declaration replaces only what it gives', () => {
  const model = scaled();
  expect([statusOf(model), frozenOf(model)]).toEqual(['skipped', expect.stringMatching(/has no channel rule/)]);
  declareLayer('DeclaredScale', {...WEIGHTS, positions: (_, shape) => shape[1]! * 2});
  expect([statusOf(model), costOf(model)]).toEqual(['prunable', 30]);
  declareLayer('DeclaredScale', RULE);
  expect([statusOf(model), costOf(model), frozenOf(model)]).toEqual(['prunable', 30, undefined]);
  declareLayer('DeclaredScale', WEIGHTS);
  expect([costOf(model), frozenOf(model)]).toEqual([3, undefined]);
});

test('a rule for a class of tf.js leaves its weights prunable', () => {
  const model = tf.sequential({layers: [tf.layers.simpleRNN({units: 2, inputShape: [3, 2], name: 'rnn'})]});
  const before = modelCost(model).total.multiplyAdds;
  declareLayer('SimpleRNN', {channelRule: use => use.refuse('are left alone')});
  expect(traceChannels(model).sources).toEqual([]);
  expect(listPrunable(model)[0]!.status).toBe('prunable');
  expect(modelCost(model).total.multiplyAdds).toBe(before);
});

test('what is not declared of a class of tf.js stays known', () => {
  const [noise, add] = [tf.layers.gaussianNoise({stddev: 0.1}), tf.layers.add()];
  declareLayer('GaussianNoise', WEIGHTS);
  declareLayer('Add', RULE);
  expect(isNoisy(noise)).toBe(true);
  expect(Object.keys(channelCardOf(add)).sort()).toEqual(['canDrop', 'channelRule', 'constants', 'isDeclared']);
});

test.each<[string, unknown, RegExp]>([
  ['nothing', {}, /^declareLayer expects `prunableWeights` or `channelRule` of DeclaredNever, got neither$/],
  ['positions alone', {positions: () => 1}, /^declareLayer expects no `positions` without `prunableWeights`/],
  ['positions of no weights', {...RULE, positions: () => 1}, /expects no `positions` without `prunableWeights`/],
  [
    'a misspelt name',
    {prunableWeight: []},
    /has no option `prunableWeight`; its options are prunableWeights, positions/,
  ],
  ['no weights', {prunableWeights: []}, /^Expected `prunableWeights` to be a non-empty array, got an Array$/],
  [
    'a rule that is none',
    {...WEIGHTS, channelRule: 5},
    /^Expected `channelRule` to be a function of a use of the layer/,
  ],
  [
    'a weight that is none',
    {...RULE, prunableWeights: [{field: 'scale'}]},
    /^Expected `inputAxes` to be an array of axes, got undefined/,
  ],
])('declares nothing when it is given %s', (_, declaration, error) => {
  class Never extends OwnScale {
    static override className = 'DeclaredNever';
  }
  expect(() => declareLayer('DeclaredNever', declaration as LayerDeclaration)).toThrow(error);
  const model = tf.sequential({layers: [new Never({name: 'scale', inputShape: [3]}), tf.layers.dense({units: 1})]});
  expect(statusOf(model)).toBe('skipped');
});

describe('a declaration that its weight contradicts', () => {
  class Contradicted extends OwnScale {
    static override className = 'DeclaredContradicted';
  }
  tf.serialization.registerClass(Contradicted);
  const model = () => tf.sequential({layers: [new Contradicted({name: 'own', inputShape: [3]})]});

  test.each<[string, Partial<PrunableWeight>, string]>([
    ['an axis that it lacks', {outputAxes: [1]}, '`outputAxes: [1]`'],
    ['a negative axis that it lacks', {inputAxes: [-2]}, '`inputAxes: [-2]`'],
    ['the same axis twice', {outputAxes: [0, -1]}, '`outputAxes: [0,-1]`'],
    ['gates that do not divide its outputs', {gates: 2}, '`gates: 2`'],
  ])('is refused where the weight is first seen: %s', (_, wrong, claim) => {
    declareLayer('DeclaredContradicted', {
      prunableWeights: [{field: 'scale', inputAxes: [], outputAxes: [0], ...wrong}],
    });
    const error = new RangeError(
      `DeclaredContradicted is declared with ${claim} of its \`scale\`, but "own/scale" has the shape [3]; ` +
        'correct it in declareLayer',
    );
    expect(() => prunable(model())).toThrow(error);
    expect(() => addPenalty(model(), l1({strength: 1}))).toThrow(error);
  });

  test('is refused where the weight is first seen: a field that it lacks', () => {
    declareLayer('DeclaredContradicted', {prunableWeights: [{field: 'gain', inputAxes: [], outputAxes: [0]}]});
    const error = new TypeError(
      'Expected layer "own" (DeclaredContradicted) to hold a weight in its field `gain`, got undefined; ' +
        'correct it in declareLayer',
    );
    expect(() => prunable(model())).toThrow(error);
    expect(() => addPenalty(model(), l1({strength: 1}))).toThrow(error);
    expect(() => modelCost(model())).toThrow(error);
    expect(() => listPrunable(model())).toThrow(error);
  });

  test('is accepted once it is corrected', () => {
    declareLayer('DeclaredContradicted', WEIGHTS);
    const [own] = prunable(model()).layers as PrunableLayer[];
    expect(own!.maskedWeights[0]!.layout.outputAxes).toEqual([0]);
  });
});

describe('a layer whose getConfig leaves out an argument of its constructor', () => {
  class Lacking extends tf.layers.Layer {
    static className: string = 'DeclaredLacking';
    declare kernel: tf.LayerVariable;
    readonly units: number;
    constructor(config: Record<string, unknown>) {
      super(config);
      this.units = config['units'] as number;
    }
    override build(shape: tf.Shape): void {
      this.kernel = this.addWeight('kernel', [shape.at(-1)!, this.units], 'float32', tf.initializers.ones());
      this.built = true;
    }
    override computeOutputShape(shape: tf.Shape): tf.Shape {
      return [...shape.slice(0, -1), this.units];
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.matMul([inputs].flat()[0]!, this.kernel.read());
    }
  }
  class Strict extends Lacking {
    static override className = 'DeclaredStrict';
    constructor(config: Record<string, unknown>) {
      if (config['units'] === undefined) throw new Error('units are needed');
      super(config);
    }
  }
  class Defaulting extends Lacking {
    static override className = 'DeclaredDefaulting';
    constructor(config: Record<string, unknown>) {
      super({units: 2, ...config});
    }
  }
  const CLASSES: [typeof Lacking, string][] = [
    [Lacking, '`units`. Tensor must have a shape'],
    [Strict, 'each argument that the constructor needs. units are needed'],
    [Defaulting, '`units`. shape of the new value'],
  ];
  for (const [Own] of CLASSES) {
    tf.serialization.registerClass(Own);
    declareLayer(Own.className, {prunableWeights: [{field: 'kernel', inputAxes: [0], outputAxes: [1]}]});
  }

  test.each(CLASSES)('is named, with what getConfig must hold: %p', (Own, lost) => {
    const dense = tf.layers.dense({units: 3, inputShape: [4]});
    const model = tf.sequential({layers: [dense, new Own({units: 5, name: 'own'}), tf.layers.dense({units: 1})]});
    const tensors = tf.memory().numTensors;
    for (const layers of [['own'], /dense/]) {
      expect(() => prunable(model, {layers})).toThrow(
        `Layer "own" (${Own.className}) can't be made again from its configuration, neither here nor by ` +
          `tf.loadLayersModel: getConfig() of ${Own.className} must also hold ${lost}`,
      );
    }
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
