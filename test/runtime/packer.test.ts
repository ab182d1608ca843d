import fc from 'fast-check';
import type {Emission} from '../../src/runtime/emit/emitter.js';
import {FixedMemory} from '../../src/runtime/emit/fixed-memory.js';
import type {Packer} from '../../src/runtime/emit/packer.js';
import {sharedEntries, sliced, sparseMatrix} from '../../src/runtime/emit/sparse-matrix.js';
import {groupedStream, sellStream} from '../../src/runtime/emit/streams.js';
import type {Linear, Term} from '../../src/runtime/graph/nodes.js';
import {valueOf} from '../../src/runtime/graph/value.js';
import {Weights} from '../../src/runtime/graph/weights.js';
import {startPacker} from '../../src/runtime/machine.js';
import type {Layout} from '../../src/runtime/plan/layout.js';
import {PLAIN_PACKER} from '../../src/runtime/twin/packer.js';
import {randomNumbers} from '../../src/math/random-numbers.js';

const HERE = {down: 0, right: 0, channel: 0};
const LAYOUT: Layout = {
  ...{address: 64, channelStep: 4, imageStep: 0, lineStep: 0, columnStep: 0},
  ...{runs: 1, runLength: 1, isDense: true, zerosBefore: undefined},
};

/** Whole numbers from -9 to 9, and a scale for each output, or one for all. */
function levelsOf(values: Float32Array, scales: Float32Array): Weights {
  const levels = Int16Array.from(values, value => Math.round(18 * value));
  const plain = Float32Array.from(levels, (level, i) => level * scales[i % scales.length]!);
  return new Weights({values: plain, levels: {levels, scales}});
}

/** A sum of what mixes channels and of one that scales them. */
function linearOf({inputs, outputs, density, seed}: Record<string, number>, scales?: number): Linear {
  const weightsOf = (count: number, name: string) => {
    const chances = randomNumbers(2 * count, `${name} ${seed}`);
    return Float32Array.from({length: count}, (_, i) => (chances[2 * i]! < density! ? chances[2 * i + 1]! - 0.5 : 0));
  };
  const input = valueOf([inputs!]);
  const taps = [HERE];
  const values = weightsOf(inputs! * outputs!, 'mixing');
  const mixed = scales === undefined ? Weights.of(values) : levelsOf(values, weightsOf(scales, 'scales'));
  const mixing: Term = {kind: 'mixing', input, taps, inputs: inputs!, weights: mixed};
  const scaling: Term = {
    ...{kind: 'channelwise', input: valueOf([outputs!]), taps, multiplier: 1, stride: 1},
    weights: Weights.of(weightsOf(outputs!, 'scaling')),
  };
  const bias = weightsOf(outputs!, 'bias');
  const terms = [mixing, scaling];
  return {kind: 'linear', layer: '', output: valueOf([outputs!]), terms, bias, low: -Infinity, high: Infinity};
}

function streamsOf(node: Linear, packer: Packer): unknown {
  const layouts = new Map(node.terms.map(({input}) => [input, LAYOUT]));
  const emission: Emission = {batch: 1, layouts, fixed: new FixedMemory(64), packer};
  const matrix = sparseMatrix(node, emission);
  const {starts, rows, weights, addresses} = matrix;
  const found = [starts, rows, weights, addresses].map(array => [...array]);
  const shared = [2, 4, 8].map(size => sharedEntries(matrix, size, packer));
  const afresh = () => sparseMatrix(node, emission); // each has room for one stream
  const grouped = [1, 2, 4, 8].map(size => [...groupedStream(afresh(), size, packer)]);
  const part = groupedStream(sliced(afresh(), 1, node.bias.length), 1, packer);
  return {found, shared, grouped, part: [...part], sell: [...sellStream(afresh(), 64, 4096, packer)]};
}

const nodes = fc.record({
  inputs: fc.integer({min: 1, max: 12}),
  outputs: fc.integer({min: 1, max: 11}),
  density: fc.constantFrom(0, 0.1, 0.5, 1),
  seed: fc.nat(),
});

test('compiled code packs what its twin packs', async () => {
  const fast = await startPacker();
  expect(fast).not.toBe(PLAIN_PACKER);
  const property = fc.property(nodes, about => {
    const node = linearOf(about);
    expect(streamsOf(node, fast)).toEqual(streamsOf(node, PLAIN_PACKER));
  });
  fc.assert(property, {numRuns: 60, seed: 1});
});

test.each([PLAIN_PACKER, undefined])('whole numbers times scales are packed as their products', async given => {
  const packer = given ?? (await startPacker());
  const property = fc.property(nodes, fc.boolean(), (about, isOne) => {
    const coded = linearOf(about, isOne ? 1 : about.outputs);
    const [mixing, ...others] = coded.terms as [Term];
    const plain = {...coded, terms: [{...mixing, weights: Weights.of(mixing.weights.values)}, ...others]};
    expect(streamsOf(coded, packer)).toEqual(streamsOf(plain, packer));
  });
  fc.assert(property, {numRuns: 60, seed: 1});
});

test('whole numbers of outputs with a factor of 0 are left out', () => {
  const weights = new Weights({
    values: Float32Array.of(6, -9),
    levels: {levels: Int16Array.of(2, -3), scales: Float32Array.of(3)},
  });
  const {levels, scales} = weights.scaled(Float32Array.of(0, 0.5)).levelsOf(2)!;
  expect([[...levels], [...scales]]).toEqual([[2, -3], [0, 1.5]]); // prettier-ignore
  const counts = new Uint32Array(2);
  PLAIN_PACKER.count({weights: {levels, scales}, outputs: 2, row: 0, step: 1, multiplier: 1}, counts);
  expect([...counts]).toEqual([0, 1]);
});

test('a stream of single outputs, by hand', () => {
  const node = linearOf({inputs: 1, outputs: 2, density: 0, seed: 1});
  node.terms[0]!.weights.values.set([0, 3]);
  node.terms[1]!.weights.values.set([5, 0]);
  node.bias.set([7, 8]);
  const layouts = new Map(node.terms.map(({input}) => [input, LAYOUT]));
  const emission: Emission = {batch: 1, layouts, fixed: new FixedMemory(64), packer: PLAIN_PACKER};
  const stream = groupedStream(sparseMatrix(node, emission), 1, PLAIN_PACKER);
  const floats = new Float32Array(stream.buffer);
  // One entry of output 0: the first plane of the second term. One of output 1: that of the first.
  expect([stream[0], floats[1], stream[2], floats[3]]).toEqual([1, 7, 64, 5]);
  expect([stream[4], floats[5], stream[6], floats[7]]).toEqual([1, 8, 64, 3]);
});

test('pages that forbid compilation pack in JavaScript', async () => {
  const refused = jest.spyOn(WebAssembly, 'instantiate').mockRejectedValue(new WebAssembly.CompileError('refused'));
  try {
    expect(await startPacker()).toBe(PLAIN_PACKER);
  } finally {
    refused.mockRestore();
  }
});
