import * as tf from '@tensorflow/tfjs';
import {declareLayer} from '../../../src/layers/declare-layer.js';
import {shrink} from '../../../src/surgery/cut/shrink.js';
import {formatChannelTrace} from '../../../src/units/trace/format-channel-trace.js';
import {traceChannels} from '../../../src/units/trace/trace-channels.js';

type Symbolic = tf.SymbolicTensor;

const conv = (filters: number, name: string, more = {}) =>
  tf.layers.conv2d({filters, kernelSize: 3, padding: 'same', name, ...more});
const dense = (units: number, name: string, more = {}) => tf.layers.dense({units, name, ...more});

/** A model of one input, and what comes out of `body`. */
function modelOf(inputShape: number[], body: (input: Symbolic) => Symbolic): tf.LayersModel {
  const input = tf.input({shape: inputShape, name: 'image'});
  return tf.model({inputs: input, outputs: body(input)});
}

/** Chains layers. */
function through(input: Symbolic, ...layers: tf.layers.Layer[]): Symbolic {
  return layers.reduce((x, layer) => layer.apply(x) as Symbolic, input);
}

function residual(): tf.LayersModel {
  return modelOf([8, 8, 3], input => {
    const trunk = through(input, conv(4, 'stem'));
    const branch = through(trunk, conv(6, 'a'), tf.layers.batchNormalization({name: 'bn'}), conv(4, 'b'));
    const sum = tf.layers.add({name: 'sum'}).apply([trunk, branch]) as Symbolic;
    return through(sum, tf.layers.flatten({name: 'flat'}), dense(10, 'head', {activation: 'softmax'}));
  });
}

test('formatChannelTrace: a row for each layer that makes channels', () => {
  expect(formatChannelTrace(traceChannels(residual()))).toBe(
    [
      'layer  together with  taken in by  channels  removable',
      '-----  -------------  -----------  --------  ---------',
      'stem   b              a, head             4          4',
      'a                     b                   6          6',
      'b      stem           a, head             4          4',
      'head                                     10          0',
      "kept because they are the model's outputs: head",
    ].join('\n'),
  );
});

test('formatChannelTrace: fits into a terminal, also where many layers go together', () => {
  const model = modelOf([8, 8, 3], input => {
    let trunk = through(input, conv(4, 'stage1_stem'));
    for (const block of ['block1', 'block2', 'block3', 'block4']) {
      const branch = through(trunk, conv(4, `stage1_${block}_expand`), conv(4, `stage1_${block}_project`));
      trunk = tf.layers.add().apply([trunk, branch]) as Symbolic;
    }
    return trunk;
  });
  const rows = formatChannelTrace(traceChannels(model)).split('\n');
  expect(rows[4]).toBe(
    'stage1_block1_project  stage1_stem + 3 more            stage1_block1_expand + 3 more         4          0',
  );
  expect(rows.at(-1)).toBe(
    "kept because they are the model's outputs: stage1_stem, stage1_block1_project, stage1_block2_project + 2 more",
  );
});

const SOURCE = {path: 'a', units: Int32Array.of(0)};
const GROUP = {name: 'a', layers: ['a'], consumers: [], units: Int32Array.of(0)};
test.each<[what: string, trace: unknown]>([
  ['nothing', undefined],
  ['a list', []],
  ['sources without paths', {sources: [{units: Int32Array.of(0)}], groups: [GROUP]}],
  ['units that are a plain list', {sources: [{...SOURCE, units: [0]}], groups: [GROUP]}],
  ['no groups', {sources: [SOURCE]}],
  ['groups without names', {sources: [SOURCE], groups: [{...GROUP, name: undefined}]}],
  ['groups without layers', {sources: [SOURCE], groups: [{...GROUP, layers: undefined}]}],
  ['groups without consumers', {sources: [SOURCE], groups: [{...GROUP, consumers: undefined}]}],
  ['groups whose units are a plain list', {sources: [SOURCE], groups: [{...GROUP, units: [0]}]}],
])('formatChannelTrace refuses %s', (_, trace) => {
  expect(() => formatChannelTrace(trace as never)).toThrow(
    /^formatChannelTrace expects what traceChannels\(model\) returns, got /,
  );
});

test('units lie at the positions of all weights that they run along', () => {
  const {axes, groups, sources, unitCount} = traceChannels(residual());
  const [stem, a, head] = [groups[0]!, groups[1]!, groups[2]!];
  expect(groups.map(({name, consumers, frozen}) => [name, consumers, frozen])).toEqual([
    ['stem + b', ['a', 'head'], undefined],
    ['a', ['b'], undefined],
    ['head', [], "are the model's outputs"],
  ]);
  expect(sources.map(({path, units}) => [path, [...units]])).toEqual([
    ['stem', [...stem.units]],
    ['a', [...a.units]],
    ['b', [...stem.units]],
    ['head', [...head.units]],
  ]);
  expect(unitCount).toBe(3 + 4 + 6 + 10); // with the channels of the image
  const at = (path: string, field: string, axis: number) =>
    axes.find(one => one.path === path && one.field === field && one.axis === axis)!;
  expect([...at('b', 'kernel', 2).units]).toEqual([...a.units]);
  expect(at('bn', 'movingVariance', 0)).toMatchObject({role: 'passes', units: a.units});
  // Flattened: the channels of each pixel one behind the other.
  expect([...at('head', 'kernel', 0).units].slice(0, 9)).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0].map(i => stem.units[i]));
});

class Doubled extends tf.layers.Layer {
  static className = 'Doubled';
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mul([x].flat()[0]!, 2);
  }
}
tf.serialization.registerClass(Doubled);

const TWO_INPUTS = (merge: (a: Symbolic, b: Symbolic) => Symbolic) => (input: Symbolic) =>
  through(merge(through(input, conv(4, 'a')), through(input, conv(1, 'b'))), tf.layers.flatten(), dense(1, 'head'));

const FROZEN: [
  why: string,
  layer: string,
  inputShape: number[],
  body: (input: Symbolic) => Symbolic,
  reason: RegExp,
][] = [
  [
    'softmax of a layer',
    'a',
    [4],
    x => through(x, dense(3, 'a', {activation: 'softmax'}), dense(1, 'h')),
    /softmax \("a"\)/,
  ],
  [
    'softmax',
    'a',
    [4],
    x => through(x, dense(3, 'a'), tf.layers.softmax({name: 's'}), dense(1, 'h')),
    /softmax \("s"\)/,
  ],
  [
    'activation softmax',
    'a',
    [4],
    x => through(x, dense(3, 'a'), tf.layers.activation({activation: 'softmax', name: 's'}), dense(1, 'h')),
    /softmax \("s"\)/,
  ],
  [
    'layer normalization over the channels',
    'a',
    [4],
    x => through(x, dense(3, 'a'), tf.layers.layerNormalization({name: 'ln'}), dense(1, 'h')),
    /normalized together by it \("ln"\)/,
  ],
  [
    'batch normalization over another axis than the last',
    'a',
    [4, 3],
    x => {
      const bn = tf.layers.batchNormalization({axis: 1, name: 'bn'});
      return through(x, dense(3, 'a'), tf.layers.permute({dims: [2, 1]}), bn, tf.layers.flatten(), dense(1, 'h'));
    },
    /tf.js handles correctly only if it is the last \("bn"\)/,
  ],
  [
    'masking',
    'a',
    [5, 4],
    x => through(x, dense(3, 'a'), tf.layers.masking({name: 'm'}), tf.layers.lstm({units: 2}), dense(1, 'h')),
    /decide together which steps it masks \("m"\)/,
  ],
  [
    'a target shape across channels',
    'a',
    [6],
    x =>
      through(
        x,
        dense(6, 'a'),
        tf.layers.reshape({targetShape: [2, 3], name: 'r'}),
        tf.layers.flatten(),
        dense(1, 'h'),
      ),
    /mixed with other axes by its target shape \("r"\)/,
  ],
  [
    'a Dense layer along another axis',
    'a',
    [5, 4],
    x =>
      through(x, dense(3, 'a'), tf.layers.permute({dims: [2, 1]}), dense(2, 'mix'), tf.layers.flatten(), dense(1, 'h')),
    /a different axis than it works on \("mix"\)/,
  ],
  [
    'a class without a rule',
    'a',
    [4],
    x => through(x, dense(3, 'a'), new Doubled({name: 'd'}), dense(1, 'h')),
    /Doubled, which has no channel rule \("d"\); see declareLayer/,
  ],
  [
    'the input, added',
    'a',
    [4],
    x => through(tf.layers.add().apply([x, through(x, dense(4, 'a'))]) as Symbolic, dense(1, 'h')),
    /model's input "image"/,
  ],
  [
    'a mask of one channel',
    'b',
    [4, 4, 2],
    TWO_INPUTS((a, b) => tf.layers.multiply({name: 'gate'}).apply([a, b]) as Symbolic),
    /broadcast over the channels of its other inputs \("gate"\)/,
  ],
  [
    'a dot product over channels of one input and steps of the other',
    'a',
    [3, 2],
    x =>
      through(
        tf.layers
          .dot({axes: [2, 1], name: 'dot'})
          .apply([through(x, dense(3, 'a')), through(x, dense(4, 'b'))]) as Symbolic,
        dense(1, 'h'),
      ),
    /summed over by it together with an axis of its other input that holds no channels \("dot"\)/,
  ],
  [
    'a dot product that has channels along two axes',
    'a',
    [3, 2],
    x =>
      through(
        tf.layers.dot({axes: 1, name: 'dot'}).apply([through(x, dense(3, 'a')), through(x, dense(4, 'b'))]) as Symbolic,
        dense(1, 'h'),
      ),
    /a different axis of its output than the channels of its other input \("dot"\)/,
  ],
  [
    'a recurrent layer with a softmax for its states',
    'a',
    [3, 2],
    x => through(x, tf.layers.simpleRNN({units: 3, name: 'a', activation: 'softmax'}), dense(1, 'h')),
    /softmax \("a"\)/,
  ],
  [
    'gates that weigh against a softmax',
    'a',
    [3, 2],
    x => through(x, tf.layers.lstm({units: 3, name: 'a', activation: 'softmax'}), dense(1, 'h')),
    /softmax \("a"\)/,
  ],
  [
    'a stacked cell with a softmax',
    'rnn/a',
    [3, 2],
    x => {
      const cell = ['a', 'b'].map(name =>
        tf.layers.gruCell({units: 3, name, ...(name === 'a' ? {activation: 'softmax'} : {})}),
      );
      return through(x, tf.layers.rnn({cell, name: 'rnn'}), dense(1, 'h'));
    },
    /softmax \("rnn\/a"\)/,
  ],
];

test.each(FROZEN)('%s: frozen, with the reason', (_why, layer, inputShape, body, reason) => {
  const {groups} = traceChannels(modelOf(inputShape, body));
  const group = groups.find(({layers}) => layers.includes(layer))!;
  expect(group.frozen).toMatch(reason);
});

test('a mask of one channel leaves those that it is spread over free', () => {
  const model = modelOf(
    [4, 4, 2],
    TWO_INPUTS((a, b) => tf.layers.multiply().apply([a, b]) as Symbolic),
  );
  const {groups} = traceChannels(model);
  expect(groups.find(({name}) => name === 'a')!.frozen).toBeUndefined();
});

test('a softmax along another axis than that of the channels leaves them free', () => {
  const softmax = tf.layers.activation({activation: 'softmax'});
  const turned = tf.layers.permute({dims: [2, 1]});
  const model = modelOf([4, 2], x => through(x, dense(3, 'a'), turned, softmax, tf.layers.flatten(), dense(1, 'h')));
  expect(traceChannels(model).groups[0]).toMatchObject({name: 'a', frozen: undefined});
});

describe('a sum of tensors that have channels along different axes goes by', () => {
  const freeIn = (parts: Record<string, [inputShape: number[], isTurned: boolean]>) => {
    const inputs = Object.values(parts).map(([shape]) => tf.input({shape}));
    const summands = Object.entries(parts).map(([name, [, isTurned]], i) => {
      const made = through(inputs[i]!, dense(4, name));
      return isTurned ? through(made, tf.layers.permute({dims: [2, 1]})) : made;
    });
    const sum = tf.layers.add().apply(summands) as Symbolic;
    const outputs = through(sum, tf.layers.flatten(), dense(1, 'head'));
    const {groups} = traceChannels(tf.model({inputs, outputs}));
    return groups.filter(({frozen}) => frozen === undefined).map(({name}) => name);
  };

  test('the axis of most', () => {
    const row: [number[], boolean] = [[1, 2], false]; // [1, 4], spread over the channels of the others
    expect(freeIn({a: [[4, 2], true], b: [[4, 2], true], row})).toEqual(['a + b']);
  });

  test('of as many the last one', () => {
    const column: [number[], boolean] = [[1, 2], true]; // [4, 1]
    expect(freeIn({a: [[4, 2], false], column})).toEqual(['a']);
    expect(freeIn({column, a: [[4, 2], false]})).toEqual(['a']);
  });
});

test('a layer that is used twice ties what it takes in', () => {
  const input = tf.input({shape: [4]});
  const shared = dense(2, 'shared');
  const uses = ['a', 'b'].map(name => shared.apply(through(input, dense(3, name))) as Symbolic);
  const joined = tf.layers.concatenate().apply(uses) as Symbolic;
  const {groups} = traceChannels(tf.model({inputs: input, outputs: through(joined, dense(1, 'head'))}));
  expect(groups.map(({name, units, frozen}) => [name, units.length, frozen === undefined])).toEqual([
    ['a + b', 3, true],
    ['shared', 2, true],
    ['head', 1, false],
  ]);
});

test('stacked cells: each takes in the units of the one before', async () => {
  const cells = [tf.layers.lstmCell({units: 4, name: 'first'}), tf.layers.gruCell({units: 3, name: 'second'})];
  const stack = tf.layers.rnn({cell: cells, name: 'rnn'}) as tf.layers.Layer;
  const model = modelOf([5, 2], x => through(x, stack, dense(1, 'head')));
  expect(traceChannels(model).groups.map(({name, consumers, units}) => [name, consumers, units.length])).toEqual([
    ['rnn/first', ['rnn/first', 'rnn/second'], 4],
    ['rnn/second', ['rnn/second', 'head'], 3],
    ['head', [], 1],
  ]);
  const small = await shrink(model, {remove: {'rnn/first': [0], 'rnn/second': [1]}});
  expect(
    small
      .getLayer('rnn')
      .getWeights()
      .map(({shape}) => shape),
  ).toEqual([[2, 12], [3, 12], [12], [3, 6], [2, 6], [6]]);
});

test('a layer of one filter is no depthwise convolution', () => {
  const model = modelOf([4, 4, 2], x =>
    through(x, conv(3, 'a'), conv(1, 'one'), conv(3, 'b'), tf.layers.flatten(), dense(1, 'h')),
  );
  expect(traceChannels(model).groups.map(({name, units}) => [name, units.length])).toEqual([
    ['a', 3],
    ['one', 1],
    ['b', 3],
    ['h', 1],
  ]);
});

class Scaled extends tf.layers.Layer {
  static className = 'Scaled';
  scale: tf.LayerVariable | undefined;
  override build(shape: tf.Shape): void {
    this.scale = this.addWeight('scale', [shape.at(-1)!], 'float32', tf.initializers.randomUniform({seed: 1}));
    super.build(shape);
  }
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mul([x].flat()[0]!, this.scale!.read());
  }
}
tf.serialization.registerClass(Scaled);

test('a rule for a class of the user: channels pass, and its weight is cut with them', async () => {
  const model = modelOf([4], x => through(x, dense(3, 'a'), new Scaled({name: 's'}), dense(1, 'h')));
  expect(traceChannels(model).groups[0]!.frozen).toMatch(/Scaled/);
  declareLayer('Scaled', {
    channelRule: use => {
      const [input] = use.inputs;
      const channels = use.along(input!, input!.shape.length - 1);
      use.tie('scale', 0, channels, 'passes');
      return [{...input!, channels}];
    },
  });
  expect(traceChannels(model).groups[0]!.frozen).toBeUndefined();
  const small = await shrink(model, {remove: {a: [1]}});
  const [scale] = [model.getLayer('s').getWeights()[0]!.dataSync()];
  expect([...small.getLayer('s').getWeights()[0]!.dataSync()]).toEqual([scale[0], scale[2]]);
});

test('a rule that does not fit the weight is told so', () => {
  declareLayer('Scaled', {
    channelRule: use => {
      use.tie('scale', 0, new Int32Array(2), 'passes');
      return [use.inputs[0]!];
    },
  });
  const model = modelOf([4], x => through(x, dense(3, 'a'), new Scaled({name: 's'}), dense(1, 'h')));
  expect(() => traceChannels(model)).toThrow(
    /Expected 3 channels along axis 0 of "s\/scale", got 2; correct the rule of Scaled/,
  );
  expect(() => declareLayer('Scaled', {channelRule: 'rule' as never})).toThrow(
    /Expected `channelRule` to be a function of a use of the layer, got "rule"/,
  );
});

test('two layers of one path are told apart by nobody', () => {
  const inner = tf.sequential({name: 'a', layers: [dense(2, 'b', {inputShape: [3]})]});
  const model = modelOf([3], x => through(x, inner, dense(2, 'a/b')));
  expect(() => traceChannels(model)).toThrow(/to have different paths, but two are "a\/b"; rename one/);
});

test('what is no model, or not built, is told so', () => {
  expect(() => traceChannels({} as tf.LayersModel)).toThrow(/traceChannels expects a tf.Sequential or tf.LayersModel/);
  const unbuilt = tf.sequential({name: 'unbuilt'});
  expect(() => traceChannels(unbuilt)).toThrow(/"unbuilt" is not; give its first layer an inputShape/);
});

test('takes time nearly linear in the depth', () => {
  const ofDepth = (blocks: number) =>
    modelOf([4, 4, 3], input => {
      let x = through(input, conv(32, 'stem', {kernelInitializer: 'zeros'}));
      for (let i = 0; i < blocks; i++) {
        const parts = [x, through(x, conv(32, `c${i}`, {kernelInitializer: 'zeros'}), tf.layers.reLU())];
        x = tf.layers.add().apply(parts) as Symbolic;
      }
      return through(x, tf.layers.globalAveragePooling2d({}), dense(2, 'head'));
    });
  const deep = ofDepth(160);
  traceChannels(deep);
  const begun = performance.now();
  const {groups} = traceChannels(deep);
  expect(performance.now() - begun).toBeLessThan(5000); // some 20 on a quiet machine
  expect(groups.map(({layers, units}) => [layers.length, units.length])).toEqual([
    [161, 32],
    [1, 2],
  ]);
});

test('layers of a model that is applied to each time step have paths of their own', () => {
  const each = tf.sequential({layers: [dense(3, 'fc', {inputShape: [2]}), dense(4, 'out')]});
  const steps = tf.layers.timeDistributed({layer: each, name: 'steps'});
  const model = modelOf([5, 2], input => through(input, steps, tf.layers.flatten(), dense(6, 'fc'), dense(2, 'head')));
  expect(traceChannels(model).sources.map(({path}) => path)).toEqual(['steps/fc', 'steps/out', 'fc', 'head']);
});
