import {gzipSync} from 'node:zlib';
import fc from 'fast-check';
import {decodeLevels, encodeLevels, readOutline, type Kernel} from '../../src/wire/coder/coded-levels.js';
import {findLags} from '../../src/wire/coder/find-lags.js';
import {DECODER_BINARY} from '../../src/wire/decoder/decoder-binary.js';
import {FastDecoder, levelDecoder, PlainDecoder} from '../../src/wire/decoder/level-decoder.js';
import {randomNumbers} from '../../src/math/random-numbers.js';

/** Kernels of any size, density and range, some with a geometry. */
const kernels = fc.array(
  fc
    .record({
      rows: fc.integer({min: 0, max: 24}),
      columns: fc.integer({min: 1, max: 9}),
      density: fc.constantFrom(0, 0.02, 0.3, 1),
      most: fc.constantFrom(1, 3, 25, 127, 128, 300, 32_768),
      lags: fc.option(fc.tuple(fc.integer({min: 1, max: 5}), fc.integer({min: 0, max: 9})), {nil: undefined}),
      seed: fc.nat(),
    })
    .map(({lags, ...kernel}): Kernel => {
      const levels = randomLevels(kernel);
      if (!lags) return {...kernel, levels};
      const [near, more] = lags;
      return {...kernel, levels, lags: {near, far: more === 0 ? 0 : near + more}};
    }),
  {minLength: 1, maxLength: 5},
);

function randomLevels({rows, columns, density, most, seed}: Record<string, number>): Int16Array {
  const chances = randomNumbers(2 * rows! * columns!, `levels ${seed}`);
  return Int16Array.from({length: rows! * columns!}, (_, i) => {
    if (chances[2 * i]! >= density!) return 0;
    return Math.max(-32_768, Math.min(32_767, Math.round((2 * chances[2 * i + 1]! - 1) * most!)));
  });
}

const coded = (list: readonly Kernel[]) => {
  const {outline, bits, rowBytes} = encodeLevels(list);
  return {...readOutline(outline, list), bits, rowBytes};
};
const arrays = (list: readonly Int16Array[]) => list.map(levels => [...levels]);

test('what is coded comes back, from both decoders', () => {
  fc.assert(
    fc.property(kernels, list => {
      const stream = coded(list);
      const expected = arrays(list.map(({levels}) => levels));
      expect(arrays(decodeLevels(stream.bits, stream))).toEqual(expected);
      expect(arrays(levelDecoder(stream).decode(stream.bits.length))).toEqual(expected);
    }),
    {numRuns: 60, seed: 1, examples: [[[{rows: 2, columns: 1, levels: Int16Array.of(-70, 3)}]]]},
  );
});

test('the compiled decoder is less than 4 kB of what a page loads', () => {
  expect(gzipSync(DECODER_BINARY).length).toBeLessThan(4000);
});

test('kernels are decoded while their bytes arrive, one by one', () => {
  const list = [
    {rows: 40, columns: 7, levels: randomLevels({rows: 40, columns: 7, density: 0.4, most: 9, seed: 1})},
    {rows: 21, columns: 5, levels: randomLevels({rows: 21, columns: 5, density: 0.4, most: 9, seed: 2})},
  ];
  const stream = coded(list);
  for (const decoder of [levelDecoder(stream), new PlainDecoder(stream)]) {
    const found: number[][] = [];
    let first = Infinity;
    for (let available = 0; available <= stream.bits.length; available++) {
      found.push(...arrays(decoder.decode(available)));
      if (found.length > 0) first = Math.min(first, available);
    }
    expect(found).toEqual(arrays(list.map(({levels}) => levels)));
    if (decoder instanceof FastDecoder) expect(first).toBeLessThan(0.85 * stream.bits.length);
  }
});

test.each([
  ['forbid compilation', new WebAssembly.CompileError("'wasm-unsafe-eval'")],
  ['compile only what is smaller', new RangeError('larger than 4KB')],
])('pages that %s decode in JavaScript', (_, error) => {
  const stream = coded([{rows: 1, columns: 1, levels: Int16Array.of(3)}]);
  const compile = jest.spyOn(WebAssembly, 'Module').mockImplementation(() => {
    throw error;
  });
  try {
    expect(levelDecoder(stream)).toBeInstanceOf(PlainDecoder);
  } finally {
    compile.mockRestore();
  }
});

test('a pruned kernel takes fewer bits than the entropy of its levels', () => {
  const [rows, columns] = [200, 100];
  const densities = randomNumbers(columns, 'columns');
  const chances = randomNumbers(2 * rows * columns, 'kept');
  const levels = Int16Array.from({length: rows * columns}, (_, i) => {
    const isKept = chances[2 * i]! < 0.4 * densities[i % columns]! ** 3;
    return isKept ? Math.round(6 * (chances[2 * i + 1]! - 0.5)) : 0;
  });
  const counts = new Map<number, number>();
  for (const level of levels) counts.set(level, (counts.get(level) ?? 0) + 1);
  const entropy = [...counts.values()].reduce((sum, count) => sum - count * Math.log2(count / levels.length), 0) / 8;
  expect(encodeLevels([{rows, columns, levels}]).bits.length).toBeLessThan(0.95 * entropy);
});

test('lags of pixels are found: a channel, and a line of them', () => {
  const [side, columns] = [12, 40];
  const noise = randomNumbers(side * side * columns, 'pixels');
  const levels = Int16Array.from({length: side * side * columns}, (_, i) => {
    const [pixel, column] = [Math.floor(i / columns), i % columns];
    const [y, x] = [Math.floor(pixel / side), pixel % side];
    const near = (x - (column % side)) ** 2 + (y - ((5 * column) % side)) ** 2;
    return near < 8 && noise[i]! < 0.8 ? 2 : 0;
  });
  expect(findLags({rows: side * side, columns, levels})).toEqual({near: 1, far: side});
  const scattered = Int16Array.from(noise, chance => (chance < 0.1 ? 1 : 0));
  expect(findLags({rows: side * side, columns, levels: scattered})).toBeUndefined();
});
