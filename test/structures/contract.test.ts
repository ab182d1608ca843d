/** What holds of every structure on every kind of prunable weight: it partitions the weight, or refuses it by name. */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  blocks,
  channels,
  filters,
  inputBlocks,
  kernelColumns,
  kernelRows,
  kernels,
  nOfM,
  outputBlocks,
  prunable,
  shifts,
  slices,
  uniform,
  weights,
  type WeightLayout,
  type WeightStructure,
} from 'tfjs-pruning';
import {wrapper} from '../support/masks.js';

const STRUCTURES: Record<string, WeightStructure> = {
  weights: weights(),
  filters: filters(),
  channels: channels({reduction: 'max'}),
  kernels: kernels(),
  kernelRows: kernelRows(),
  kernelColumns: kernelColumns({reduction: 'sum'}),
  shifts: shifts(),
  'shared shifts': shifts({shared: true}),
  blocks: blocks([2, 3]),
  'blocks over a dimension': blocks([Infinity, 1], {pooling: 'max'}),
  inputBlocks: inputBlocks(4),
  outputBlocks: outputBlocks(2),
  nOfM: nOfM(1, 2),
  slices: slices(0),
};

const image = {name: 'l', inputShape: [5, 5, 4]};
const KINDS: Record<string, () => tf.layers.Layer> = {
  Dense: () => tf.layers.dense({name: 'l', units: 3, inputShape: [4]}),
  Conv1D: () => tf.layers.conv1d({name: 'l', filters: 3, kernelSize: 3, inputShape: [5, 4]}),
  Conv2D: () => tf.layers.conv2d({...image, filters: 3, kernelSize: [2, 3]}),
  Conv3D: () => tf.layers.conv3d({name: 'l', filters: 3, kernelSize: 2, inputShape: [3, 3, 3, 2]}),
  Conv2DTranspose: () => tf.layers.conv2dTranspose({...image, filters: 3, kernelSize: 2}),
  DepthwiseConv2D: () => tf.layers.depthwiseConv2d({...image, kernelSize: 2, depthMultiplier: 2}),
  SeparableConv2D: () => tf.layers.separableConv2d({...image, filters: 3, kernelSize: 2}),
  Embedding: () => tf.layers.embedding({name: 'l', inputDim: 6, outputDim: 3, inputShape: [2]}),
  SimpleRNN: () => tf.layers.simpleRNN({name: 'l', units: 2, inputShape: [3, 4]}),
  GRU: () => tf.layers.gru({name: 'l', units: 2, inputShape: [3, 4]}),
  LSTM: () => tf.layers.lstm({name: 'l', units: 2, inputShape: [3, 4]}),
  ConvLSTM2D: () => tf.layers.convLstm2d({name: 'l', filters: 2, kernelSize: 2, inputShape: [2, 5, 5, 4]}),
};

/** The weights that structures refuse, by kind; all others must be taken. */
const WITHOUT_WINDOW = ['Dense', 'Embedding', 'SimpleRNN', 'GRU', 'LSTM'];
const REFUSED: Record<string, string[]> = {
  kernels: WITHOUT_WINDOW,
  shifts: WITHOUT_WINDOW,
  'shared shifts': WITHOUT_WINDOW,
  kernelRows: [...WITHOUT_WINDOW, 'Conv1D', 'Conv3D'],
  kernelColumns: [...WITHOUT_WINDOW, 'Conv1D', 'Conv3D'],
  nOfM: ['DepthwiseConv2D', 'SeparableConv2D'],
};

const layouts = Object.fromEntries(
  Object.entries(KINDS).map(([kind, layer]) => {
    const model = prunable(tf.sequential({layers: [layer()]}));
    return [kind, wrapper(model, 'l').maskedWeights.map(weight => weight.layout)];
  }),
);
const sizeOf = ({shape}: WeightLayout) => tf.util.sizeFromShape([...shape]);
const zeros = (mask: Uint8Array) => mask.filter(value => value === 0).length;

const cases = Object.keys(STRUCTURES).flatMap(name => Object.keys(KINDS).map(kind => [name, kind] as const));

/** Whether a structure takes all weights of a kind. */
const takes = (name: string, kind: string) => REFUSED[name]?.includes(kind) !== true;

test.each(cases.filter(([name, kind]) => !takes(name, kind)))('%s refuses %s, by name', (name, kind) => {
  const pool = () =>
    layouts[kind]!.forEach(about => STRUCTURES[name]!.pool(new Float32Array(sizeOf(about)).fill(1), about));
  expect(pool).toThrow(RangeError);
  expect(pool).toThrow(/"l\/\w+" .*choose others by `layers`/);
});

describe.each(cases.filter(([name, kind]) => takes(name, kind)))('%s of %s', (name, kind) => {
  const structure = STRUCTURES[name]!;

  test.each(layouts[kind]!)('are a partition of $name', about => {
    const size = sizeOf(about);
    const count = structure.pool(new Float32Array(size), about).length;
    expect(structure.spread(new Uint8Array(count).fill(1), about)).toEqual(new Uint8Array(size).fill(1));
    expect(structure.spread(new Uint8Array(count), about)).toEqual(new Uint8Array(size));
    const members = new Uint32Array(size);
    for (let group = 0; group < count; group++) {
      const mask = structure.spread(
        Uint8Array.from({length: count}, (_, i) => (i === group ? 1 : 0)),
        about,
      );
      expect(zeros(mask)).toBeLessThan(size);
      mask.forEach((value, i) => (members[i]! += value));
    }
    expect(members).toEqual(new Uint32Array(size).fill(1));
  });

  test.each(layouts[kind]!)('nest as the sparsity of $name grows, and change nothing they are given', about => {
    const size = sizeOf(about);
    const importance = fc.array(fc.float({min: 0, max: 1, noNaN: true}), {minLength: size, maxLength: size});
    const groups = structure.pool(new Float32Array(size), about);
    // no kernel with a 1 x 1 window can be shifted
    const most = groups.filter(score => score !== Infinity).length / groups.length;
    fc.assert(
      fc.property(
        importance,
        fc.double({min: 0, max: Math.min(0.5, most), noNaN: true}),
        fc.double({min: 0, max: Math.min(0.5, most), noNaN: true}),
        (values, a, b) => {
          const scores = Float32Array.from(values);
          const maskAt = (sparsity: number) => {
            const [kept] = uniform()(
              [{name: about.name, layout: about, scores: structure.pool(scores, about)}],
              sparsity,
            );
            return structure.spread(kept!, about);
          };
          const [denser, sparser] = [maskAt(Math.min(a, b)), maskAt(Math.max(a, b))];
          expect(sparser.every((value, i) => value <= denser[i]!)).toBe(true);
          expect(maskAt(a)).toEqual(maskAt(a));
          expect(scores).toEqual(Float32Array.from(values));
        },
      ),
      {numRuns: 10, seed: 7},
    );
  });
});
