import * as tf from '@tensorflow/tfjs';
import {
  declareLayer,
  formatChannelPlan,
  formatChannelTrace,
  maskChannels,
  planChannelPruning,
  prunable,
  shrink,
  traceChannels,
  type ChannelRule,
} from 'tfjs-pruning';
import {
  Block,
  C2f,
  declareOwnLayers,
  Energy,
  Gated,
  GroupedConv,
  Halves,
  Louder,
  Mlp,
  Order,
  PixelShuffle,
  Product,
  Scaled,
  SelfAttention,
  Shuffle,
  Slice,
  Split,
  Unknown,
  WithEnergy,
} from '../../support/own-layers.js';
import {withRandomWeights} from '../../support/random-weights.js';
import {
  difference,
  expectSameOutputs,
  randomInputs,
  randomRemoval,
  removalOf,
  silence,
  zeroedConsumers,
} from '../../support/surgery-oracle.js';
import {expectNoLeak, saveAndLoad} from '../../support/tensors.js';

type Symbolic = tf.SymbolicTensor;
const dense = (name: string, units: number, more = {}) => tf.layers.dense({name, units, ...more});
const conv = (name: string, filters: number, more = {}) =>
  tf.layers.conv2d({name, filters, kernelSize: 3, padding: 'same', activation: 'relu', ...more});
const through = (x: Symbolic | Symbolic[], ...layers: tf.layers.Layer[]) =>
  layers.reduce<Symbolic | Symbolic[]>((y, layer) => layer.apply(y) as Symbolic, x) as Symbolic;
const joined = (...parts: Symbolic[]) => through(parts, tf.layers.concatenate());

function modelOf(shape: number[], body: (x: Symbolic) => Symbolic | Symbolic[]): tf.LayersModel {
  const x = tf.input({shape});
  return withRandomWeights(tf.model({inputs: x, outputs: body(x)}));
}

/** Models with layers of a user's own, and by hand which channels can go. */
const MODELS: Record<string, {build: () => tf.LayersModel; canGo: string[]}> = {
  slices: {
    build: () =>
      modelOf([3], x => {
        const h = through(x, dense('h', 8, {activation: 'tanh'}));
        const [a, b] = [new Slice({begin: 0, size: 3}), new Slice({begin: 2, size: 6})].map(slice => through(h, slice));
        return through(joined(through(a!, dense('p', 3)), through(b!, dense('q', 4))), dense('out', 2));
      }),
    canGo: ['h: 2', 'h: 1', 'h: 5', 'p: 3', 'q: 4'],
  },
  unevenSplit: {
    build: () =>
      modelOf([4, 3], x => {
        const [a, b] = through(through(x, dense('h', 8)), new Split({size0: 3, size1: 5})) as unknown as Symbolic[];
        const both = [through(a!, dense('p', 4)), through(b!, tf.layers.reLU(), dense('q', 4))];
        return through(through(both, tf.layers.add()), tf.layers.flatten(), dense('out', 2));
      }),
    canGo: ['h: 3', 'h: 5', 'p + q: 4'],
  },
  splitIntoOneKernel: {
    build: () =>
      modelOf([3], x => {
        const [a, b] = through(through(x, dense('h', 8)), new Split({size0: 3, size1: 5})) as unknown as Symbolic[];
        return through(joined(b!, a!), dense('p', 4), dense('out', 2));
      }),
    canGo: ['h: 3', 'h: 5', 'p: 4'],
  },
  splitUsedTwice: {
    build: () =>
      modelOf([3], x => {
        const split = new Split({size0: 2, size1: 4});
        const uses = ['g', 'h'].flatMap(name => through(through(x, dense(name, 6)), split) as unknown as Symbolic[]);
        return through(joined(...uses.map((part, i) => through(part, dense(`p${i}`, 2)))), dense('out', 2));
      }),
    canGo: ['g + h: 2', 'g + h: 4', 'p0: 2', 'p1: 2', 'p2: 2', 'p3: 2'],
  },
  louder: {
    build: () => modelOf([3], x => through(x, dense('h', 7), new Louder({size0: 4, size1: 3}), dense('out', 2))),
    canGo: ['h: 4', 'h: 3'],
  },
  halves: {
    build: () =>
      modelOf([4, 4, 2], x => {
        const [a, b] = through(through(x, conv('h', 8)), new Halves({})) as unknown as Symbolic[];
        return through(joined(through(a!, conv('p', 3)), b!), tf.layers.globalAveragePooling2d({}), dense('out', 2));
      }),
    canGo: ['h: 4', 'p: 3'],
  },
  shuffle: {
    build: () =>
      modelOf([4, 4, 2], x =>
        through(x, conv('h', 6), new Shuffle({groups: 3}), conv('p', 4), tf.layers.flatten(), dense('out', 2)),
      ),
    canGo: ['h: 2', 'p: 4'],
  },
  superResolution: {
    build: () =>
      modelOf([3, 4, 2], x => {
        const h = through(x, conv('h', 4));
        const branch = through(h, conv('inner', 3), conv('back', 4), new Scaled({by: 0.2}));
        const up = through(through([h, branch], tf.layers.add()), conv('up', 12), new PixelShuffle({size: 2}));
        return through(up, conv('p', 3), tf.layers.globalAveragePooling2d({}), dense('out', 2));
      }),
    canGo: ['h + back: 4', 'inner: 3', 'up: 3', 'p: 3'],
  },
  shuffledUnits: {
    build: () =>
      modelOf([4, 4, 2], x => {
        const [left, right] = through(through(x, conv('stem', 6)), new Halves({})) as unknown as Symbolic[];
        const branch = through(right!, conv('inner', 4), conv('back', 3));
        return through(joined(left!, branch), new Shuffle({groups: 2}), tf.layers.flatten(), dense('out', 2));
      }),
    canGo: ['stem + back: 3', 'inner: 4'],
  },
  anyOrder: {
    build: () =>
      modelOf([4, 3], x =>
        through(x, dense('h', 6), new Order({order: [5, 0, 3, 3, 1, 4, 2]}), tf.layers.flatten(), dense('out', 2)),
      ),
    canGo: ['h: 5', 'h: 1'],
  },
  mlp: {
    build: () =>
      modelOf([3], x => through(x, dense('h', 4), new Mlp({name: 'mlp', hidden: 6, units: 6}), dense('out', 2))),
    canGo: ['h: 4', 'mlp/hidden: 6', 'mlp: 6'],
  },
  mlpUsedTwice: {
    build: () =>
      modelOf([4], x =>
        through(x, dense('h', 5), ...Array<Mlp>(2).fill(new Mlp({name: 'mlp', hidden: 7, units: 5})), dense('out', 2)),
      ),
    canGo: ['h + mlp: 5', 'mlp/hidden: 7'],
  },
  gated: {
    build: () => modelOf([3], x => through(x, dense('h', 4), new Gated({name: 'glu', units: 5}), dense('out', 2))),
    canGo: ['h: 4', 'glu: 5'],
  },
  attentionOfOneHead: {
    build: () =>
      modelOf([5, 3], x => {
        const attention = new SelfAttention({name: 'attention', heads: 1, keys: 4, values: 5, units: 6});
        return through(x, dense('h', 4), attention, tf.layers.flatten(), dense('out', 2));
      }),
    canGo: ['h: 4', 'attention/keys: 4', 'attention/values: 5', 'attention: 6'],
  },
  attentionOfHeads: {
    build: () =>
      modelOf([5, 3], x => {
        const attention = new SelfAttention({name: 'attention', heads: 3, keys: 2, values: 4, units: 4});
        return through(
          through([through(x, dense('h', 4)), through(x, dense('g', 4), attention)], tf.layers.add()),
          tf.layers.flatten(),
          dense('out', 2),
        );
      }),
    canGo: ['g: 4', 'attention/heads: 3', 'h + attention: 4'],
  },
  c2fInOneLayer: {
    build: () =>
      modelOf([4, 4, 2], x =>
        through(
          x,
          conv('h', 5),
          new C2f({name: 'c2f', hidden: 4, units: 6, depth: 2}),
          tf.layers.flatten(),
          dense('out', 2),
        ),
      ),
    canGo: ['h: 5', 'c2f/hidden: 4', 'c2f: 6'],
  },
  c2fOfLayers: {
    build: () =>
      modelOf([4, 4, 2], x => {
        const split = through(through(x, conv('first', 7)), new Split({size0: 3, size1: 4})) as unknown as Symbolic[];
        const parts = [...split]; // the list is the layer's own
        for (const i of [0, 1]) {
          const before = parts.at(-1)!;
          parts.push(through([before, through(before, conv(`squeeze${i}`, 3), conv(`widen${i}`, 4))], tf.layers.add()));
        }
        return through(joined(...parts), conv('last', 5, {kernelSize: 1}), tf.layers.flatten(), dense('out', 2));
      }),
    canGo: ['first: 3', 'first + widen0 + widen1: 4', 'squeeze0: 3', 'squeeze1: 3', 'last: 5'],
  },
  groupedConv: {
    build: () =>
      modelOf([4, 4, 2], x =>
        through(
          x,
          conv('h', 6),
          new GroupedConv({name: 'grouped', filters: 8, groups: 2}),
          conv('p', 3),
          tf.layers.flatten(),
          dense('out', 2),
        ),
      ),
    canGo: ['h: 3', 'grouped: 4', 'p: 3'],
  },
  groupedByLayers: {
    build: () =>
      modelOf([4, 4, 2], x => {
        const h = through(x, conv('h', 6));
        const groups = [0, 1].map(i => through(h, new Slice({begin: 3 * i, size: 3}), conv(`group${i}`, 4)));
        return through(joined(...groups), conv('p', 3), tf.layers.flatten(), dense('out', 2));
      }),
    canGo: ['h: 3', 'h: 3', 'group0: 4', 'group1: 4', 'p: 3'],
  },
};

beforeAll(declareOwnLayers);
// What a plan or surgery says in a line
beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

const parametersOf = (model: tf.LayersModel) => model.countParams();
const free = (model: tf.LayersModel) => traceChannels(model).groups.filter(({frozen}) => frozen === undefined);

describe.each(Object.entries(MODELS))('%s', (_name, {build, canGo}) => {
  test('has the channels that can go', () => {
    expect(
      free(build())
        .map(({layers, units}) => `${layers.join(' + ')}: ${units.length}`)
        .sort(),
    ).toEqual([...canGo].sort());
  });

  test.each([0.3, 0.6, 1])('computes the same without a share of %d of them, and is smaller', async share => {
    const model = build();
    const trace = traceChannels(model);
    const removed = randomRemoval(trace, 1, share);
    const small = await shrink(model, {remove: removalOf(trace, removed)});
    const inputs = randomInputs(model);
    expectSameOutputs(small, zeroedConsumers(model, trace, removed), inputs);
    expect(removed.size).toBeGreaterThan(0);
    expect(parametersOf(small)).toBeLessThan(parametersOf(model));
    expect(difference(small, model, inputs).error).toBeGreaterThan(1e-3);
  });

  test('computes the same without what zeros leave without work', async () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const model = build();
      silence(traceChannels(model), seed);
      expectSameOutputs(await shrink(model), model, randomInputs(model));
    }
  });

  test('loses as much by masks as by surgery', async () => {
    const plain = build();
    const plan = await planChannelPruning(plain, {sparsity: 0.5});
    const model = prunable(plain);
    await maskChannels(model, plan);
    const small = await shrink(model);
    expectSameOutputs(small, model, randomInputs(model));
    const shapes = (of: tf.LayersModel) => of.getWeights().map(({shape}) => shape);
    expect(shapes(small)).toEqual(shapes(await shrink(model, plan)));
    expect(plan.groups.filter(({before, after}) => after < before).length).toBeGreaterThan(0);
  });

  test('saves and loads when it is smaller', async () => {
    const model = build();
    const trace = traceChannels(model);
    const small = await shrink(model, {remove: removalOf(trace, randomRemoval(trace, 2))});
    expectSameOutputs(await saveAndLoad(small), small, randomInputs(small));
  });

  test('leaks nothing', async () =>
    expectNoLeak(async () => {
      const model = build();
      const trace = traceChannels(model);
      const small = await shrink(model, {remove: removalOf(trace, randomRemoval(trace, 2))});
      for (const {weights} of [model, small]) for (const weight of weights) weight.dispose();
    }));
});

const unitsOf = (model: tf.LayersModel, name: string) => (model.getLayer(name).outputShape as tf.Shape).at(-1);
const inputOf = (model: tf.LayersModel, name: string, i = 0) => [model.getLayer(name).input].flat()[i]!.shape.at(-1);

/** Makes outputs of a Dense layer zero, biases too. */
function silenceOutputs(model: tf.LayersModel, name: string, gone: readonly number[]): void {
  const kept = Float32Array.from({length: unitsOf(model, name)!}, (_, i) => (gone.includes(i) ? 0 : 1));
  model.getLayer(name).setWeights(
    model
      .getLayer(name)
      .getWeights()
      .map(weight => tf.mul(weight, kept)),
  );
}

/** Makes what a Dense layer does with one of its inputs zero. */
function silenceInput(model: tf.LayersModel, name: string, gone: number): void {
  const [kernel, bias] = model.getLayer(name).getWeights();
  const kept = Float32Array.from({length: kernel!.shape[0]}, (_, i) => (i === gone ? 0 : 1));
  model.getLayer(name).setWeights([tf.mul(kernel!, tf.tensor2d(kept, [kept.length, 1])), bias!]);
}

describe('what no weight takes in but a layer of a user does', () => {
  const ending = (end: tf.layers.Layer, more = {}) =>
    modelOf([3], x => through(x, dense('h', 8, more), end, dense('out', 2)));

  test('stays without a plan, but for zeros, and goes by one', async () => {
    const model = ending(new Energy({name: 'end'}), {activation: 'tanh'});
    expect(unitsOf(await shrink(model), 'h')).toBe(8);
    expectSameOutputs(await shrink(model), model, randomInputs(model));
    expectSameOutputs(
      await shrink(model, {remove: {h: [1, 6]}}),
      zeroedConsumers(model, traceChannels(model), new Set([4, 9])),
      randomInputs(model),
    );
    silenceOutputs(model, 'h', [0, 3]);
    expect(unitsOf(await shrink(model), 'h')).toBe(6);
    expectSameOutputs(await shrink(model), model, randomInputs(model));
    expect(traceChannels(model).groups[0]!.consumers).toEqual(['end']);
  });

  test('stays where it goes together with what passes through by a layer elsewhere', async () => {
    const model = modelOf([3], x => {
      const h = through(x, dense('h', 6));
      const halves = through(h, new Halves({})) as unknown as Symbolic[];
      return joined(
        through(halves, tf.layers.add(), dense('p', 2)),
        through(h, new Louder({size0: 3, size1: 3}), dense('q', 2)),
      );
    });
    for (const name of ['p', 'q']) silenceInput(model, name, 0);
    expect(unitsOf(await shrink(model), 'h')).toBe(6);
    expectSameOutputs(await shrink(model), model, randomInputs(model));
  });

  test('stays where it comes in at several positions, of which some pass through', async () => {
    const model = modelOf([2, 3], x =>
      through(x, dense('h', 4), tf.layers.flatten(), new Louder({size0: 4, size1: 4}), dense('q', 2)),
    );
    silenceInput(model, 'q', 0);
    expect(unitsOf(await shrink(model), 'h')).toBe(4);
    expectSameOutputs(await shrink(model), model, randomInputs(model));
    const trace = traceChannels(model);
    const removed = new Set([trace.sources[0]!.units[1]!]);
    const small = await shrink(model, {remove: removalOf(trace, removed)});
    expectSameOutputs(small, zeroedConsumers(model, trace, removed), randomInputs(model));
  });

  test('a constant stays, by a plan too: nothing is there that could hold it', async () => {
    const model = ending(new Energy({name: 'end'}), {activation: 'sigmoid'});
    silenceOutputs(model, 'h', [0, 3]); // one half
    expect(unitsOf(await shrink(model), 'h')).toBe(8);
    expect(unitsOf(await shrink(model, {remove: {h: [0, 1]}}), 'h')).toBe(7);
    expectSameOutputs(await shrink(model), model, randomInputs(model));
  });

  test('stays where it goes on besides', async () => {
    const model = modelOf([3], x => {
      const [y, energy] = through(through(x, dense('h', 8)), new WithEnergy({name: 'end'})) as unknown as Symbolic[];
      return joined(through(y!, dense('p', 2)), energy!);
    });
    const [kernel, bias] = model.getLayer('p').getWeights();
    const rows = tf.tensor2d([0, 1, 1, 1, 1, 0, 1, 1], [8, 1]);
    model.getLayer('p').setWeights([tf.mul(kernel!, rows), bias!]);
    expect(unitsOf(await shrink(model), 'h')).toBe(8);
    silenceOutputs(model, 'h', [0]);
    expect(unitsOf(await shrink(model), 'h')).toBe(7);
    expectSameOutputs(await shrink(model), model, randomInputs(model));
  });

  test('of a product one factor that is zero is enough, if the rule says that it is one', async () => {
    const model = modelOf([3], x =>
      through(
        ['a', 'b'].map(name => through(x, dense(name, 5))),
        new Product({}),
        dense('out', 2),
      ),
    );
    silenceOutputs(model, 'a', [0]);
    silenceOutputs(model, 'b', [3]);
    expect(unitsOf(await shrink(model), 'a')).toBe(3);
    expectSameOutputs(await shrink(model), model, randomInputs(model));
  });

  test.each([
    [false, 3],
    [true, 5],
  ])(
    'in a Dot layer with normalize: %s, two channels of which one factor is zero: %d of 5 are left',
    async (normalize, left) => {
      const model = modelOf([3], x =>
        through(
          ['a', 'b'].map(name => through(x, dense(name, 5))),
          tf.layers.dot({axes: 1, normalize}),
          dense('out', 2),
        ),
      );
      silenceOutputs(model, 'a', [0]);
      silenceOutputs(model, 'b', [3]);
      expect(unitsOf(await shrink(model), 'a')).toBe(left);
      expectSameOutputs(await shrink(model), model, randomInputs(model));
      for (const name of ['a', 'b']) silenceOutputs(model, name, [1]);
      expect(unitsOf(await shrink(model), 'b')).toBe(left - 1);
      expectSameOutputs(await shrink(model), model, randomInputs(model));
    },
  );

  test.each([
    [[1, 1, 1, 1], 1],
    [[1, 2, 1, 1], 2],
  ])('constants %j that a pixel shuffle puts into one channel: %d of 2 are left', async (constants, left) => {
    const model = modelOf([2, 2, 2], x => {
      const up = through(x, conv('up', 8, {kernelSize: 1}), new PixelShuffle({size: 2}));
      return through(up, conv('p', 3, {kernelSize: 1}), tf.layers.flatten(), dense('out', 2));
    });
    const [kernel, bias] = model.getLayer('up').getWeights();
    const others = [0, 1, 0, 1, 0, 1, 0, 1];
    const biases = constants.flatMap(constant => [constant, 0]);
    model.getLayer('up').setWeights([tf.mul(kernel!, others), tf.add(tf.mul(bias!, others), biases)]);
    expect(unitsOf(await shrink(model), 'up')).toBe(4 * left);
    expectSameOutputs(await shrink(model), model, randomInputs(model));
  });

  test('a part whose size a configuration says keeps a channel', async () => {
    const split = MODELS['splitIntoOneKernel']!.build();
    silenceOutputs(split, 'h', [0, 1, 2, 5]);
    const louder = MODELS['louder']!.build();
    silenceOutputs(louder, 'h', [4, 5, 6]);
    for (const [model, sizes] of [
      [split, {size0: 1, size1: 4}],
      [louder, {size0: 4, size1: 1}],
    ] as const) {
      expect((await shrink(model)).layers.map(layer => layer.getConfig())).toContainEqual(
        expect.objectContaining(sizes),
      );
      expectSameOutputs(await shrink(model), model, randomInputs(model));
    }
  });

  test('channels that a slice drops are of no use to it', async () => {
    const model = modelOf([3], x =>
      through(x, dense('h', 8), new Slice({name: 'slice', begin: 2, size: 4}), dense('out', 2)),
    );
    const small = await shrink(model);
    expect(small.getLayer('slice').getConfig()).toMatchObject({begin: 0, size: 4});
    expect(inputOf(small, 'slice')).toBe(4);
    expectSameOutputs(small, model, randomInputs(model));
  });

  test('a value that is only moved is known behind', async () => {
    const model = MODELS['shuffle']!.build();
    const silenced = async (gone: number[]) => {
      const copy = MODELS['shuffle']!.build();
      silenceOutputs(copy, 'h', gone);
      expectSameOutputs(await shrink(copy), copy, randomInputs(model));
      return unitsOf(await shrink(copy), 'h');
    };
    expect(await silenced([1, 3, 5])).toBe(3);
    expect(await silenced([1, 3])).toBe(6); // they go together with another
  });

  test('channels that a layer makes for itself alone stay, unless its rule says what it takes in', async () => {
    const model = MODELS['attentionOfOneHead']!.build();
    const attention = model.getLayer('attention') as SelfAttention;
    const columns = tf.tensor1d([1, 0, 1, 1]);
    for (const field of ['q', 'k'] as const) {
      const variable = (attention as unknown as Record<typeof field, tf.LayerVariable>)[field];
      variable.write(tf.mul(variable.read(), columns));
    }
    expect((await shrink(model)).getLayer('attention').getConfig()).toMatchObject({keys: 3});
    expectSameOutputs(await shrink(model), model, randomInputs(model));
    declareLayer('OwnSelfAttention', {
      channelRule: use => {
        const keys = use.makes(4, (config, left) => (config['keys'] = left), 'keys');
        for (const field of ['q', 'k', 'v']) use.tie(field, 0, use.along(use.inputs[0]!, -1), 'takes');
        for (const field of ['q', 'k']) use.tie(field, 1, keys, 'makes');
        return [use.staying(use.outputShapes[0]!, 'stay')];
      },
    });
    expect((await shrink(model)).getLayer('attention').getConfig()).toMatchObject({keys: 4});
    declareOwnLayers();
  });
});

describe('layers of tf.js inside of one of a user', () => {
  const build = (biased: number) =>
    modelOf([3], x =>
      through(x, dense('h', 4), new Block({name: 'block', hidden: 6, units: 5, biased}), dense('out', 2)),
    );

  test('have names of their own in a plan', async () => {
    const model = build(1);
    expect(free(model).map(({layers}) => layers)).toEqual([['h'], ['block/up'], ['block/down']]);
    const plan = await planChannelPruning(model, {sparsity: 0, perLayer: {h: 0.5}});
    expect(plan.remove).toEqual({h: [expect.any(Number), expect.any(Number)]});
    const remove = {'block/up': [0, 3], 'block/down': [4]};
    const small = await shrink(model, {remove});
    expect(small.getLayer('block').getConfig()).toMatchObject({hidden: 4, units: 4});
    const trace = traceChannels(model);
    const unitsIn = (path: keyof typeof remove) => {
      return remove[path].map(channel => trace.sources.find(source => source.path === path)!.units[channel]!);
    };
    const removed = new Set([...unitsIn('block/up'), ...unitsIn('block/down')]);
    expectSameOutputs(small, zeroedConsumers(model, trace, removed), randomInputs(model));
  });

  test.each([
    [1, 5, 'goes into the bias'],
    [0, 6, 'stays where there is no bias, and nobody could say that there is one'],
  ])('biased: %d; of 6 hidden units %d are left: a constant %s', async (biased, left) => {
    const model = build(biased);
    const kernel = (model.getLayer('block') as Block).up.weights[0]!;
    kernel.write(tf.mul(kernel.read(), tf.tensor1d([1, 1, 0, 1, 1, 1])));
    expect((await shrink(model)).getLayer('block').getConfig()).toMatchObject({hidden: left});
    expectSameOutputs(await shrink(model), model, randomInputs(model));
  });
});

test('channels that would have the same path, of two layers of one name, get paths of their own', async () => {
  const model = modelOf([3], x =>
    through(x, new Mlp({name: 'mlp', hidden: 5, units: 4}), dense('mlp/hidden', 6), dense('out', 2)),
  );
  expect(traceChannels(model).sources.map(({path}) => path)).toEqual(['mlp/hidden', 'mlp', 'mlp/hidden/2', 'out']);
  const plan = await planChannelPruning(model, {sparsity: 0.5});
  expect((await shrink(model, plan)).countParams()).toBe(plan.after.parameters);
});

test('a rule may ask what can still be removed', () => {
  const free: boolean[] = [];
  declareLayer('OwnLouder', {
    channelRule: use => {
      const all = use.along(use.inputs[0]!, -1);
      free.push(use.isFree(all));
      use.freeze(all.slice(1), 'are loud');
      free.push(use.isFree(all), use.isFree(all.slice(1)));
      return [use.staying(use.outputShapes[0]!, 'are loud')];
    },
  });
  try {
    traceChannels(
      modelOf([3], x => through(x, dense('h', 5), new Louder({name: 'l', size0: 2, size1: 3}), dense('out', 2))),
    );
  } finally {
    declareOwnLayers();
  }
  expect(free).toEqual([true, true, false]);
});

describe('a rule that contradicts itself, or its layer, is told so', () => {
  const tracedBy = (rule: ChannelRule, layer: tf.layers.Layer = new Mlp({name: 'mlp', hidden: 4, units: 3})) => {
    declareLayer(layer.getClassName(), {channelRule: rule});
    return () => traceChannels(modelOf([3], x => through(x, dense('h', 5), layer, dense('out', 2))));
  };
  afterEach(declareOwnLayers);
  const end = /\("mlp"\); correct it in declareLayer$/;

  test.each<[string, ChannelRule, RegExp]>([
    ['returns nothing', (() => undefined) as never, /^The rule of OwnMlp returns undefined instead of a list of/],
    ['returns too few', () => [], /returns an Array instead of .*one for each of 1 outputs/],
    [
      'returns too many channels',
      use => [{...use.inputs[0]!}],
      /returns 5 channels along axis 1 of output 0, whose shape is \[any,3\], instead of 3/,
    ],
    [
      'goes by an axis that is none',
      use => [{...use.inputs[0]!, axis: 2}],
      /goes by axis 2.* of output 0, which has axes 1 to 1/,
    ],
    [
      'goes by the axis of the examples',
      use => [{...use.inputs[0]!, axis: -2}],
      /goes by axis -2.* of output 0, which has axes 1 to 1/,
    ],
    [
      'picks out of range',
      use => [{...use.inputs[0]!, channels: use.pick(use.inputs[0]!.channels, [0, 1, 5])}],
      /picks position 5.* of 5 channels/,
    ],
    [
      'indexes out of range',
      use => {
        const {channels} = use.inputs[0]!;
        return [{...use.inputs[0]!, channels: Int32Array.from([0, 1, 5], i => channels[i]!)}];
      },
      /returns for output 0 channel 0.*, which it was not given/,
    ],
    [
      'couples unequal numbers',
      use => {
        use.together(
          use.makes(4, () => undefined),
          use.inputs[0]!.channels,
        );
        return [];
      },
      /couples 4 channels with 5, position by position/,
    ],
    [
      'ties what is no weight',
      use => {
        use.tie('given', 0, use.inputs[0]!.channels, 'takes');
        return [];
      },
      /ties `given`, which is not a weight/,
    ],
    [
      'ties in a role that is none',
      use => {
        use.tie('up', 0, use.inputs[0]!.channels, 'reads' as never);
        return [];
      },
      /ties `up` as "reads".* instead of one of makes, takes, passes/,
    ],
    [
      'makes no number',
      use => [{...use.inputs[0]!, channels: use.makes(undefined as never, () => undefined)}],
      /makes undefined channels/,
    ],
    [
      'makes less than nothing',
      use => [{...use.inputs[0]!, channels: use.makes(-1, () => undefined)}],
      /makes -1.* channels instead of a whole number of them/,
    ],
    [
      'has no function for a size',
      use => [{...use.inputs[0]!, channels: use.makes(3, 'units' as never)}],
      /makes channels with "units".* instead of a function/,
    ],
    [
      'names two alike',
      use => {
        use.makes(4, () => undefined, 'hidden');
        return [{...use.inputs[0]!, channels: use.makes(3, () => undefined, 'hidden')}];
      },
      /makes channels named "hidden" twice/,
    ],
  ])('%s', (_what, rule, message) => {
    expect(tracedBy(rule)).toThrow(message);
    expect(tracedBy(rule)).toThrow(end);
  });

  test('makes other numbers at another use', () => {
    declareLayer('OwnMlp', {
      channelRule: use => {
        use.makes(use.inputs[0]!.channels.length, () => undefined);
        return [use.staying(use.outputShapes[0]!, 'stay')];
      },
    });
    const mlp = new Mlp({name: 'mlp', hidden: 4, units: 3});
    const model = modelOf([3], x => through(through(x, dense('h', 3), mlp), dense('g', 3), mlp, dense('out', 2)));
    expect(() => traceChannels(model)).not.toThrow();
    let use = 0;
    declareLayer('OwnMlp', {
      channelRule: each => {
        each.makes(4 + use++, () => undefined);
        return [each.staying(each.outputShapes[0]!, 'stay')];
      },
    });
    expect(() => traceChannels(model)).toThrow(/makes 4 channels at one use of the layer and 5 at another \("mlp"\)/);
  });

  test('writes a size into the wrong field, before anything is made', async () => {
    const forgotten = (rule: ChannelRule) => {
      declareLayer('OwnSplit', {channelRule: rule});
      return modelOf([3], x => {
        const [a, b] = through(
          through(x, dense('h', 8)),
          new Split({name: 'split', size0: 3, size1: 5}),
        ) as unknown as Symbolic[];
        return joined(through(a!, dense('p', 3)), through(b!, dense('q', 4)));
      });
    };
    const parts =
      (write: (config: tf.serialization.ConfigDict, left: number, i: number) => void): ChannelRule =>
      use => {
        const all = use.along(use.inputs[0]!, -1);
        return [all.slice(0, 3), all.slice(3)].map((channels, i) => {
          use.sized(channels, (config, left) => write(config, left, i));
          return {shape: use.outputShapes[i]!, axis: -1, channels};
        });
      };
    const model = forgotten(parts((config, left, i) => (config[`sizes${i}`] = left)));
    const message = new RegExp(
      '^The rule of OwnSplit leaves \\[any,2\\] of output 0, ' +
        'but a layer made from the config.* writes has \\[any,3\\].*"split"',
    );
    await expectNoLeak(async () => await expect(shrink(model, {remove: {h: [0, 4]}})).rejects.toThrow(message));
    const untied = modelOf([3], x =>
      through(x, dense('h', 5), new Mlp({name: 'mlp', hidden: 4, units: 3}), dense('out', 2)),
    );
    declareLayer('OwnMlp', {
      channelRule: use => {
        const units = use.makes(3, (config, left) => (config['units'] = left));
        use.tie('up', 0, use.along(use.inputs[0]!, -1), 'takes');
        use.tie('down', 1, units, 'makes');
        return [{shape: use.outputShapes[0]!, axis: -1, channels: units}];
      },
    });
    await expect(shrink(untied, {remove: {mlp: [1]}})).rejects.toThrow(
      /leaves \[3\] of its weight ".*downBias", but .* has \[2\]/,
    );
  });
});

test('why a rule keeps channels is printed as it was said', () => {
  declareLayer('OwnEnergy', {
    channelRule: use => {
      use.freeze(use.inputs[0]!.channels, 'goes through a softmax');
      return [use.staying(use.outputShapes[0]!, 'are one number')];
    },
  });
  const model = modelOf([3], x => through(x, dense('h', 8), new Energy({name: 'end'}), dense('out', 2)));
  expect(formatChannelTrace(traceChannels(model))).toContain(
    'kept because they are kept by the rule of OwnEnergy: goes through a softmax ("end"): h',
  );
  declareOwnLayers();
});

test('of channels whose number is not known a rule picks none', () => {
  class Reversed extends Unknown {
    static override className = 'OwnReversed';
  }
  declareLayer('OwnReversed', {
    channelRule: use => [{...use.inputs[0]!, channels: use.pick(use.along(use.inputs[0]!, -1), [1, 0])}],
  });
  const x = tf.input({shape: [null]});
  const model = tf.model({inputs: x, outputs: through(x, new Reversed({name: 'reversed'}))});
  expect(traceChannels(model).groups).toEqual([]);
});

test('what a rule hands on to a layer inside is needed as far as that one needs it', async () => {
  class Around extends tf.layers.Layer {
    static className = 'OwnAround';
    readonly inner = dense('inner', 3);
    override build(shape: tf.Shape) {
      this.inner.build(shape);
      super.build(shape);
    }
    override call = (x: tf.Tensor | tf.Tensor[]) => this.inner.call(x, {}) as tf.Tensor;
    override computeOutputShape = (shape: tf.Shape | tf.Shape[]) => this.inner.computeOutputShape(shape) as tf.Shape;
    override get trainableWeights() {
      return this.inner.trainableWeights;
    }
  }
  tf.serialization.registerClass(Around);
  declareLayer('OwnAround', {
    channelRule: use => {
      const [output] = use.through((use.layer as Around).inner, use.inputs);
      use.freeze(output!.channels, 'are 3');
      return [output!];
    },
  });
  const around = new Around({name: 'around'});
  const model = modelOf([3], x => through(x, dense('h', 4), around, dense('out', 2)));
  const {kernel} = around.inner as unknown as {kernel: tf.LayerVariable};
  kernel.write(tf.mul(kernel.read(), tf.tensor2d([[1], [0], [1], [1]])));
  const small = await shrink(model);
  expect(small.getLayer('h').getConfig()).toMatchObject({units: 3});
  expectSameOutputs(small, model, randomInputs(model));
});

test('attention over sequences of any length', async () => {
  const model = (() => {
    const x = tf.input({shape: [null, 3]});
    const [q, k, v] = [dense('q', 4), dense('k', 4), dense('v', 6)].map(layer => through(x, layer));
    const scores = through([q!, k!], tf.layers.dot({axes: 2}), tf.layers.softmax({axis: -1}));
    const mixed = through([scores, v!], tf.layers.dot({axes: [2, 1]}), tf.layers.globalAveragePooling1d({}));
    return withRandomWeights(tf.model({inputs: x, outputs: through(mixed, dense('out', 2))}));
  })();
  const trace = traceChannels(model);
  expect(free(model).map(({name, units}) => [name, units.length])).toEqual([
    ['q + k', 4],
    ['v', 6],
  ]);
  const removed = randomRemoval(trace, 1, 0.5);
  expectSameOutputs(
    await shrink(model, {remove: removalOf(trace, removed)}),
    zeroedConsumers(model, trace, removed),
    randomInputs(model),
  );
  const plan = await planChannelPruning(model, {sparsity: 0.9, minKept: 0});
  expect(plan.groups.map(({name, after}) => [name, after])).toContainEqual(['q + k', 1]);
  expect([(await shrink(model, plan)).predict(randomInputs(model))].flat()[0]!.shape).toEqual([2, 2]);
});

test('a plan ranks channels by the weights that a rule ties, if no wrapper can show them', async () => {
  class Hidden extends Mlp {
    static override className = 'OwnHidden';
  }
  tf.serialization.registerClass(Hidden);
  declareLayer('OwnHidden', {
    channelRule: use => {
      const hidden = use.makes(4, (config, left) => (config['hidden'] = left), 'hidden');
      use.tie('up', 0, use.along(use.inputs[0]!, -1), 'takes');
      for (const field of ['up', 'upBias']) use.tie(field, field === 'up' ? 1 : 0, hidden, 'makes');
      use.tie('down', 0, hidden, 'takes');
      return [use.staying(use.outputShapes[0]!, 'stay')];
    },
  });
  const model = modelOf([3], x => through(x, new Hidden({name: 'mlp', hidden: 4, units: 2})));
  const [up, upBias, ...others] = model.getLayer('mlp').getWeights();
  model.getLayer('mlp').setWeights([tf.mul(up!, tf.tensor1d([9, 1, 9, 1])), upBias!, ...others]);
  const before = tf.memory().numTensors;
  const plan = await planChannelPruning(model, {sparsity: 0.5});
  expect(tf.memory().numTensors).toBe(before);
  expect(plan.remove).toEqual({'mlp/hidden': [1, 3]});
  const small = await shrink(model, plan);
  expect(small.getLayer('mlp').getConfig()).toMatchObject({hidden: 2, units: 2});
  expectSameOutputs(small, zeroedConsumers(model, traceChannels(model), new Set([4, 6])), randomInputs(model));
});

test('layers of unknown classes have rows, with what to do', async () => {
  const model = modelOf([3], x =>
    through(x, dense('h', 8), new Unknown({name: 'unknown'}), dense('p', 4), dense('out', 2)),
  );
  const text = formatChannelPlan(await planChannelPruning(model, {sparsity: 0.5}));
  expect(text).toMatch(
    /^unknown +are made by OwnUnknown, which has no channel rule \("unknown"\); see declareLayer +8 +8 +0.0%$/m,
  );
  expect(text).toMatch(/^h +go through OwnUnknown, which has no channel rule \("unknown"\); see declareLayer +8 +8/m);
});
