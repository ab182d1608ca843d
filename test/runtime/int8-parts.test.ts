import {setFlagsFromString} from 'node:v8';
import {valueOf} from '../../src/runtime/graph/value.js';
import {Weights} from '../../src/runtime/graph/weights.js';
import {PLAIN_PACKER} from '../../src/runtime/twin/packer.js';
import {relaxedDotProducts} from '../../src/runtime/int8/dot-products.js';
import {startInt8Machine} from '../../src/runtime/int8/int8-machine.js';
import {levelsOf} from '../../src/runtime/int8/levels.js';
import {step} from '../../src/runtime/int8/byte-emission.js';
import {wholeWeights} from '../../src/runtime/int8/weights.js';
import {wordMove} from '../../src/runtime/int8/word-moves.js';
import {FixedMemory} from '../../src/runtime/emit/fixed-memory.js';
import {programOf} from '../../src/runtime/emit/step.js';
import {emitSum} from '../../src/runtime/int8/emit-sum.js';

test('weights on a grid keep it, whatever its scale; others get 127 levels', () => {
  const scale = 2 ** (-31 / 8) * 0.7;
  const onGrid = Float32Array.from([0, 5, -3, 7, 2], level => level * scale);
  const {wholes, scale: found} = wholeWeights(onGrid);
  expect(Array.from(wholes, whole => Math.fround(whole * found))).toEqual(
    Array.from(onGrid, weight => expect.closeTo(weight, 6) as number),
  );
  const others = wholeWeights(Float32Array.of(0.1, -1, Math.SQRT1_2));
  expect([...others.wholes]).toEqual([13, -127, 90]);
  expect(others.scale).toBeCloseTo(1 / 127);
  expect([...wholeWeights(new Float32Array(3)).wholes]).toEqual([0, 0, 0]);
});

test.each([
  [
    {low: 0, high: 12.7},
    {scale: Math.fround(0.1), zero: 0},
  ],
  [
    {low: -1, high: 1},
    {scale: Math.fround(2 / 127), zero: 64},
  ],
  [
    {low: 3, high: 12.7},
    {scale: Math.fround(0.1), zero: 0},
  ],
  [
    {low: -12.7, high: -3},
    {scale: Math.fround(0.1), zero: 127},
  ],
  [
    {low: 0, high: 0},
    {scale: 1, zero: 0},
  ],
])('levels of %j hold zero', (range, levels) => {
  expect(levelsOf(range)).toEqual(levels);
});

test('channels that stay together begin with a new word', () => {
  const inputs = [valueOf([2, 3]), valueOf([2, 5])];
  const loop = (count: number, place: object) => {
    const full = {y: 0, x: 0, channel: 0, ...place};
    return {count, from: full, to: full};
  };
  const pieces = inputs.map((input, i) => ({
    input,
    from: {y: 0, x: 0, channel: 0},
    to: {y: 0, x: 0, channel: 3 * i},
    loops: [loop(2, {x: 1}), loop(input.channels, {channel: 1})],
  }));
  const node = {kind: 'move', layer: 'both', output: valueOf([2, 8]), pieces, hasZeros: false} as const;
  const moved = wordMove(node, ({channels}) => Array.from({length: channels}, (_, i) => i))!;
  expect(moved.slots).toEqual([0, 1, 2, 4, 5, 6, 7, 8]);
  expect(moved.pieces.map(({to}) => to.channel)).toEqual([0, 1]);
  expect(moved.pieces.map(({loops}) => loops[1]!.count)).toEqual([1, 2]);
});

/** A product of 17 quads, each with the largest numbers that there are, by one way to multiply. */
async function productBy(products: 'dots' | 'pairs' | 'simd', weight: number): Promise<Float32Array> {
  const machine = await startInt8Machine({bytes: 65_536, isRare: false}, ['SIMD'], products);
  const bytes = new Int8Array(machine.memory);
  bytes.fill(127, 1024, 1024 + 68);
  new Float32Array(machine.memory, 2048 + 64, 16).fill(1); // factors
  bytes.fill(weight, 2048 + 192, 2048 + 192 + 17 * 64);
  const program = programOf([step('denseVector', [2048, 1, 17, 1024, 8192, 1], [-Infinity, Infinity])]);
  new Int32Array(machine.memory).set(program, 16);
  for (let run = 0; run < 3; run++) machine.run(64, 64 + program.byteLength);
  return new Float32Array(machine.memory, 8192, 16).slice();
}

test.each([127, -127])('all ways to multiply by %d give the same', async weight => {
  const had = WebAssembly.validate(
    Uint8Array.from([
      ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 20, 1, 18, 0],
      ...[65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 26, 11],
    ]),
  );
  setFlagsFromString('--experimental-wasm-relaxed-simd'); // Node 20 has them only so
  try {
    const expected = new Float32Array(16).fill(68 * 127 * weight);
    expect(await productBy('simd', weight)).toEqual(expected);
    expect(await productBy(await relaxedDotProducts(), weight)).toEqual(expected);
    expect(await productBy('pairs', weight)).toEqual(expected);
  } finally {
    if (!had) setFlagsFromString('--no-experimental-wasm-relaxed-simd');
  }
});

test('the sum of two values is the nearest byte, for all bytes and each channel', async () => {
  const [a, b, output] = [valueOf([64, 2]), valueOf([64, 2]), valueOf([64, 2])];
  const plane = {
    imageStep: 256,
    channelStep: 256,
    lineStep: 256,
    columnStep: 4,
    runs: 1,
    runLength: 64,
    isDense: false,
  };
  const layouts = new Map(
    [a, b, output].map((value, i) => [value, {...plane, address: 1024 * (i + 1), zerosBefore: undefined}]),
  );
  const slots = [0, 1, 2, 3, 4];
  const levels = [
    {scale: 0.3, zero: 12},
    {scale: 0.07, zero: 0},
    {scale: 0.25, zero: 30},
  ] as const;
  const bytes = new Map([a, b, output].map((value, i) => [value, {levels: levels[i]!, slots}]));
  const weights = [Float32Array.of(1, -1, 0.5, 1, 2), Float32Array.of(1, 1, -3, 0, 1)];
  const bias = Float32Array.of(0, 1, -2, 0.25, 0);
  const terms = [a, b].map((input, i) => {
    const taps = [{down: 0, right: 0, channel: 0}];
    return {kind: 'channelwise', input, taps, multiplier: 1, stride: 1, weights: Weights.of(weights[i]!)} as const;
  });
  const node = {kind: 'linear', layer: 'sum', output, terms, bias, low: -3, high: 20} as const;
  const found: Int8Array[] = [];
  for (const kind of ['SIMD', 'JavaScript'] as const) {
    const fixed = new FixedMemory(8192);
    const program = programOf(emitSum(node, {layouts, bytes, fixed, batch: 1, packer: PLAIN_PACKER}).steps);
    const machine = await startInt8Machine({bytes: 65_536, isRare: false}, [kind]);
    fixed.writeTo(machine.memory);
    const memory = new Int8Array(machine.memory);
    for (let i = 0; i < 512; i++) [memory[1024 + i], memory[2048 + i]] = [(37 * i) % 128, (101 * i + 5) % 128];
    new Int32Array(machine.memory).set(program, 16);
    machine.run(64, 64 + program.byteLength);
    found.push(memory.slice(3072, 3072 + 512));
  }
  expect(found[0]).toEqual(found[1]);
  for (let i = 0; i < 512; i++) {
    const channel = 4 * Math.floor(i / 256) + (i % 4);
    if (channel > 4) continue;
    const [x, y] = [((37 * i) % 128) - 12, (101 * i + 5) % 128];
    const real = weights[0]![channel]! * 0.3 * x + weights[1]![channel]! * 0.07 * y + bias[channel]!;
    const expected = Math.min(Math.max(real, -3), 20) / 0.25 + 30;
    expect(Math.abs(found[0]![i]! - expected)).toBeLessThan(0.51);
  }
});
