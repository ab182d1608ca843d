import * as tf from '@tensorflow/tfjs';
import {maskChannels, planChannelPruning, prunable, shrink, traceChannels} from 'tfjs-pruning';
import {
  C2f,
  declareOwnLayers,
  Energy,
  Gated,
  GroupedConv,
  Halves,
  Mlp,
  Product,
  SelfAttention,
  Shuffle,
  Slice,
  Split,
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
  shuffledUnits: {
    build: () =>
      modelOf([4, 4, 2], x => {
        const [left, right] = through(through(x, conv('stem', 6)), new Halves({})) as unknown as Symbolic[];
        const branch = through(right!, conv('inner', 4), conv('back', 3));
        return through(joined(left!, branch), new Shuffle({groups: 2}), tf.layers.flatten(), dense('out', 2));
      }),
    canGo: ['stem + back: 3', 'inner: 4'],
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

  test.each([0.3, 0.6, 1])('computes the same without a share of %d of them, and is smaller', share => {
    const model = build();
    const trace = traceChannels(model);
    const removed = randomRemoval(trace, 1, share);
    const small = shrink(model, {remove: removalOf(trace, removed)});
    const inputs = randomInputs(model);
    expectSameOutputs(small, zeroedConsumers(model, trace, removed), inputs);
    expect(removed.size).toBeGreaterThan(0);
    expect(parametersOf(small)).toBeLessThan(parametersOf(model));
    expect(difference(small, model, inputs).error).toBeGreaterThan(1e-3);
  });

  test('computes the same without what zeros leave without work', () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const model = build();
      silence(traceChannels(model), seed);
      expectSameOutputs(shrink(model), model, randomInputs(model));
    }
  });

  test('loses as much by masks as by surgery', async () => {
    const plain = build();
    const plan = await planChannelPruning(plain, {sparsity: 0.5});
    const model = prunable(plain);
    maskChannels(model, plan);
    const small = shrink(model);
    expectSameOutputs(small, model, randomInputs(model));
    const shapes = (of: tf.LayersModel) => of.getWeights().map(({shape}) => shape);
    expect(shapes(small)).toEqual(shapes(shrink(model, plan)));
    expect(plan.groups.filter(({before, after}) => after < before).length).toBeGreaterThan(0);
  });

  test('saves and loads when it is smaller', async () => {
    const model = build();
    const trace = traceChannels(model);
    const small = shrink(model, {remove: removalOf(trace, randomRemoval(trace, 2))});
    expectSameOutputs(await saveAndLoad(small), small, randomInputs(small));
  });

  test('leaks nothing', () =>
    expectNoLeak(() => {
      const model = build();
      const trace = traceChannels(model);
      const small = shrink(model, {remove: removalOf(trace, randomRemoval(trace, 2))});
      for (const {weights} of [model, small]) for (const weight of weights) weight.dispose();
    }));
});

void [Energy, WithEnergy, Product];
