import {gzipSync} from 'node:zlib';
import fc from 'fast-check';
import {encodeLevels, type Kernel} from '../../src/wire/coder/coded-levels.js';
import {encodeText} from '../../src/wire/coder/coded-text.js';
import {findLags} from '../../src/wire/coder/find-lags.js';
import {NumberModel} from '../../src/wire/coder/number-model.js';
import {readOutline} from '../../src/wire/coder/outline.js';
import {RangeEncoder} from '../../src/wire/coder/range-coder.js';
import {DECODER_BINARY} from '../../src/wire/decoder/decoder-binary.js';
import type {Decoder, LevelStream} from '../../src/wire/decoder/decoder.js';
import {FastDecoder} from '../../src/wire/decoder/fast-decoder.js';
import {PLAIN_DECODER} from '../../src/wire/decoder/plain-decoder.js';
import {startDecoder} from '../../src/wire/decoder/start-decoder.js';
import {randomNumbers} from '../../src/math/random-numbers.js';
import {readPieces} from '../support/read-pieces.js';
import {BYTES, FILE} from '../support/small-file.js';

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

const coded = async (list: readonly Kernel[]) => {
  const {outline, bits, rowBytes} = await encodeLevels(list);
  return {...readOutline(outline, list), bits, rowBytes};
};
const arrays = (list: readonly Int16Array[]) => list.map(levels => [...levels]);

function decoded(decoder: Decoder, stream: LevelStream): number[][] {
  const found: number[][] = stream.shapes.map(() => []);
  decoder.levels(stream).decode(stream.bits.length, (kernel, rows) => found[kernel]!.push(...rows));
  return found;
}

const decoders = async () => [await startDecoder(), PLAIN_DECODER];

test('what is coded comes back, from both decoders', async () => {
  const [fast, plain] = await decoders();
  await fc.assert(
    fc.asyncProperty(kernels, async list => {
      const stream = await coded(list);
      const expected = arrays(list.map(({levels}) => levels));
      for (const decoder of [fast!, plain!]) {
        expect(decoded(decoder, stream)).toEqual(expected);
      }
    }),
    {numRuns: 60, seed: 1, examples: [[[{rows: 2, columns: 1, levels: Int16Array.of(-70, 3)}]]]},
  );
});

test('texts come back from both decoders, those of other letters and those that repeat what was far away', async () => {
  const chances = randomNumbers(40_000, 'letters');
  const noise = Array.from(chances, chance => String.fromCharCode(32 + Math.floor(90 * chance))).join('');
  for (const text of ['', '{}', 'ä☃ 𝒳'.repeat(9), noise + noise.slice(0, 9000) + noise.slice(500, 700)]) {
    const bits = encodeText(text);
    const {length} = new TextEncoder().encode(text);
    for (const decoder of await decoders()) expect(decoder.text(bits, length)).toBe(text);
  }
});

test('numbers come back from both decoders', async () => {
  const range = new RangeEncoder();
  const lists = [
    {bits: 32, list: Uint32Array.from(randomNumbers(300, 'bits'), chance => chance * 2 ** 32)},
    {bits: 16, list: Uint32Array.of(0, 65_535, 0x3c00, 0x3c01, 0xbc00)},
    {bits: 32, list: new Uint32Array(0)},
  ] as const;
  for (const {bits, list} of lists) {
    const model = new NumberModel();
    for (const number of list) model.code(range, number, bits);
  }
  const coded = range.finish();
  const runs = lists.map(({bits, list}) => ({bits, count: list.length}));
  for (const decoder of await decoders()) expect(decoder.numbers(coded, runs)).toEqual(lists.map(({list}) => list));
});

test('the compiled decoder is less than 3 kB of what a page loads', () => {
  expect(gzipSync(DECODER_BINARY).length).toBeLessThan(3000);
});

test('kernels are decoded while their bytes arrive, one by one', async () => {
  const list = [
    {rows: 40, columns: 7, levels: randomLevels({rows: 40, columns: 7, density: 0.4, most: 9, seed: 1})},
    {rows: 21, columns: 5, levels: randomLevels({rows: 21, columns: 5, density: 0.4, most: 9, seed: 2})},
  ];
  const stream = await coded(list);
  for (const decoder of await decoders()) {
    const levels = decoder.levels(stream);
    const found: number[][] = [[], []];
    let first = Infinity;
    for (let available = 0; available <= stream.bits.length; available++) {
      levels.decode(available, (kernel, rows) => {
        expect(rows.length % list[kernel]!.columns).toBe(0);
        found[kernel]!.push(...rows);
      });
      if (found[0]!.length === 280) first = Math.min(first, available);
    }
    expect(found).toEqual(arrays(list.map(({levels}) => levels)));
    if (decoder instanceof FastDecoder) expect(first).toBeLessThan(0.85 * stream.bits.length);
  }
});

test('pages that forbid compilation decode in JavaScript', async () => {
  const compile = jest.spyOn(WebAssembly, 'instantiate').mockImplementation(() => {
    throw new WebAssembly.CompileError("'wasm-unsafe-eval'");
  });
  try {
    expect(await startDecoder()).toBe(PLAIN_DECODER);
    for (const size of [9, Infinity]) expect(await readPieces(BYTES, size)).toEqual(FILE);
  } finally {
    compile.mockRestore();
  }
});

test('a pruned kernel takes fewer bits than the entropy of its levels', async () => {
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
  const {bits} = await encodeLevels([{rows, columns, levels}]);
  expect(bits.length).toBeLessThan(0.95 * entropy);
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
