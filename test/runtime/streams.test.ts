import fc from 'fast-check';
import {randomNumbers} from '../../src/math/random-numbers.js';
import type {Emission} from '../../src/runtime/emit/emitter.js';
import {FixedMemory} from '../../src/runtime/emit/fixed-memory.js';
import type {Packer} from '../../src/runtime/emit/packer.js';
import {sharedEntries, sliced, sparseMatrix} from '../../src/runtime/emit/sparse-matrix.js';
import {groupedStream, sellStream} from '../../src/runtime/emit/streams.js';
import type {Linear, Term} from '../../src/runtime/graph/nodes.js';
import {SparseRows} from '../../src/runtime/graph/sparse-rows.js';
import {valueOf} from '../../src/runtime/graph/value.js';
import {Weights} from '../../src/runtime/graph/weights.js';
import {startPacker} from '../../src/runtime/machine.js';
import type {Layout} from '../../src/runtime/plan/layout.js';
import {PLAIN_PACKER} from '../../src/runtime/twin/packer.js';

const HERE = {down: 0, right: 0, channel: 0};
const STEPS = {imageStep: 0, lineStep: 0, columnStep: 0};
const ABOUT = {runs: 1, runLength: 1, isDense: true, zerosBefore: undefined};
/** Of the first term and of the second. */
const LAYOUTS: Layout[] = [
  {address: 64, channelStep: 4, ...STEPS, ...ABOUT},
  {address: 4096, channelStep: 8, ...STEPS, ...ABOUT},
];

interface About {
  readonly inputs: number;
  readonly outputs: number;
  readonly density: number;
  readonly seed: number;
  /** What the weights that mix are stored as: floats, or whole numbers and one scale or a scale for each output. */
  readonly scales: 'none' | 'one' | 'each';
  readonly hasFactors: boolean;
}

/** A sum of what mixes channels and of one that scales them. */
function linearOf({inputs, outputs, density, seed, scales, hasFactors}: About): Linear {
  const numbersOf = (count: number, name: string) => {
    const chances = randomNumbers(2 * count, `${name} ${seed}`);
    return Float32Array.from({length: count}, (_, i) => (chances[2 * i]! < density ? chances[2 * i + 1]! - 0.5 : 0));
  };
  const values = numbersOf(inputs * outputs, 'mixing');
  const mixing =
    scales === 'none'
      ? Weights.of(values)
      : levelsOf(values, outputs, numbersOf(scales === 'one' ? 1 : outputs, 'scales'));
  const factors = numbersOf(outputs, 'factors');
  const terms: Term[] = [
    {
      ...{kind: 'mixing', input: valueOf([inputs]), taps: [HERE], inputs},
      weights: hasFactors ? mixing.scaled(factors).scaled(Float32Array.from(factors, () => 2)) : mixing,
    },
    {
      ...{kind: 'channelwise', input: valueOf([outputs]), taps: [HERE], multiplier: 1, stride: 1},
      weights: Weights.of(numbersOf(outputs, 'scaling')),
    },
  ];
  const bias = numbersOf(outputs, 'bias');
  return {kind: 'linear', layer: '', output: valueOf([outputs]), terms, bias, low: -Infinity, high: Infinity};
}

/** Whole numbers from -9 to 9 times scales. */
function levelsOf(values: Float32Array, outputs: number, scales: Float32Array): Weights {
  const levels = Int16Array.from(values, value => Math.round(18 * value));
  const rows = new SparseRows(levels.length / outputs, outputs, levels);
  rows.take(levels);
  return new Weights({
    values: Float32Array.from(levels, (level, i) => level * scales[i % scales.length]!),
    scaled: {rows, scales},
  });
}

function emissionOf({terms}: Linear, packer: Packer = PLAIN_PACKER): Emission {
  const layouts = new Map(terms.map(({input}, i) => [input, LAYOUTS[i]!]));
  return {batch: 1, layouts, fixed: new FixedMemory(64), packer};
}

/** By output and address: what is not zero. Rounded, as scales and factors may be multiplied in another order. */
type Entries = Record<string, number>[];

const rounded = (weight: number) => Number(weight.toPrecision(5));

function expectedOf({terms, bias}: Linear): Entries {
  const [mixing, scaling] = terms.map(({weights}) => weights.values) as [Float32Array, Float32Array];
  return Array.from(bias, (_, output) => {
    const of: Record<string, number> = {};
    for (let i = 0; i * bias.length < mixing.length; i++) {
      const weight = mixing[i * bias.length + output]!;
      if (weight !== 0) of[64 + 4 * i] = rounded(weight);
    }
    if (scaling[output] !== 0) of[4096 + 8 * output] = rounded(scaling[output]!);
    return of;
  });
}

/** Reads a stream of groups as the kernels do. */
function readGroups(stream: Uint32Array, outputs: number, size: number, bias: Float32Array): Entries {
  const floats = new Float32Array(stream.buffer, stream.byteOffset, stream.length);
  const found: Entries = Array.from({length: outputs}, () => ({}));
  let at = 0;
  for (let first = 0; first < outputs; first += size) {
    const entries = stream[at]!;
    const expected = Float32Array.from({length: size}, (_, i) => bias[first + i] ?? 0);
    expect(floats.slice(at + 1, at + 1 + size)).toEqual(expected);
    at += 1 + size;
    for (let entry = 0; entry < entries; entry++, at += 1 + size) {
      for (let i = 0; i < size; i++) {
        const weight = floats[at + 1 + i]!;
        if (weight !== 0) found[first + i]![stream[at]!] = rounded(weight);
      }
    }
  }
  expect(at).toBe(stream.length);
  return found;
}

/** Reads a stream of SELL-4 as its kernel does. */
function readSell(stream: Uint32Array, outputs: number, base: number, to: number): Entries {
  const floats = new Float32Array(stream.buffer, stream.byteOffset, stream.length);
  const places = new Uint16Array(stream.buffer, stream.byteOffset, 2 * stream.length);
  const found: Entries = Array.from({length: outputs}, () => ({}));
  for (let at = 0; at < stream.length; at += 12 + 12 * stream[at]!) {
    for (let i = 0; i < 8 * stream[at]!; i++) {
      const [pair, place] = [at + 12 + 12 * Math.floor(i / 8), i % 8];
      const output = (stream[at + 4 + (place % 4)]! - to) / 4;
      const weight = floats[pair + place]!;
      if (weight !== 0) found[output]![base + places[2 * pair + 16 + place]!] = rounded(weight);
    }
  }
  return found;
}

const nodes = fc.record({
  inputs: fc.integer({min: 1, max: 12}),
  outputs: fc.integer({min: 1, max: 11}),
  density: fc.constantFrom(0, 0.1, 0.5, 1),
  seed: fc.nat(),
  scales: fc.constantFrom('none', 'one', 'each'),
  hasFactors: fc.boolean(),
});

test.each(['compiled', 'plain'])(
  'streams of a %s packer hold what is not zero, at the addresses of its inputs',
  async kind => {
    const packer = kind === 'plain' ? PLAIN_PACKER : await startPacker();
    expect(packer === PLAIN_PACKER).toBe(kind === 'plain');
    const property = fc.property(nodes, about => {
      const node = linearOf(about);
      const {outputs} = about;
      const emission = emissionOf(node, packer);
      const expected = expectedOf(node);
      const matrix = () => sparseMatrix(node, emission);
      for (const size of [1, 2, 4, 8]) {
        const stream = groupedStream(matrix(), size, packer);
        expect(readGroups(stream, outputs, size, node.bias)).toEqual(expected);
      }
      expect(readSell(sellStream(matrix(), 64, 8192, packer), outputs, 64, 8192)).toEqual(expected);
      const part = groupedStream(sliced(matrix(), 1, outputs), 1, packer);
      expect(readGroups(part, outputs - 1, 1, node.bias.subarray(1))).toEqual(expected.slice(1));
    });
    fc.assert(property, {numRuns: 100, seed: 1});
  },
);

test('entries that groups of outputs share are counted', () => {
  const property = fc.property(nodes, fc.constantFrom(2, 4, 8), (about, size) => {
    const node = linearOf(about);
    const expected = expectedOf(node);
    let count = 0;
    for (let first = 0; first < about.outputs; first += size) {
      count += new Set(expected.slice(first, first + size).flatMap(Object.keys)).size;
    }
    expect(sharedEntries(sparseMatrix(node, emissionOf(node)), size)).toBe(count);
  });
  fc.assert(property, {numRuns: 60, seed: 1});
});

test('a stream of single outputs, by hand', () => {
  const node = linearOf({inputs: 1, outputs: 2, density: 0, seed: 1, scales: 'none', hasFactors: false});
  node.terms[0]!.weights.values.set([0, 3]);
  node.terms[1]!.weights.values.set([5, 0]);
  node.bias.set([7, 8]);
  const emission = emissionOf(node);
  const stream = groupedStream(sparseMatrix(node, emission), 1, emission.packer).slice();
  const floats = new Float32Array(stream.buffer);
  // One entry of output 0: the first plane of the second term. One of output 1: that of the first.
  expect([stream[0], floats[1], stream[2], floats[3]]).toEqual([1, 7, 4096, 5]);
  expect([stream[4], floats[5], stream[6], floats[7]]).toEqual([1, 8, 64, 3]);
});

test('rows may come in parts', () => {
  const rows = new SparseRows(3, 4, new Int16Array(0));
  rows.take(Int16Array.of(0, 5, 0, -1, 0, 0, 0, 0));
  rows.take(new Int16Array(0));
  rows.take(Int16Array.of(7, 0, 0, 0));
  expect([[...rows.starts], [...rows.columns.slice(0, 3)], [...rows.numbers.slice(0, 3)]]).toEqual([
    [0, 2, 2, 3],
    [1, 3, 0],
    [5, -1, 7],
  ]);
  expect([...rows.whole()]).toEqual([0, 5, 0, -1, 0, 0, 0, 0, 7, 0, 0, 0]);
});

test('pages that forbid compilation pack in JavaScript', async () => {
  const refused = jest.spyOn(WebAssembly, 'instantiate').mockRejectedValue(new WebAssembly.CompileError('refused'));
  try {
    expect(await startPacker()).toBe(PLAIN_PACKER);
  } finally {
    refused.mockRestore();
  }
});
