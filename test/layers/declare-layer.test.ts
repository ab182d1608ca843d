import * as tf from '@tensorflow/tfjs';
import {declareLayer, listPrunable, modelCost, traceChannels, type LayerDeclaration} from 'tfjs-pruning';
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
