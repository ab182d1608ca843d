import fc from 'fast-check';
import {CompressedFileError} from '../../src/wire/format/compressed-file-error.js';
import {matrixOf, type FileWeight, type ModelFile} from '../../src/wire/format/model-file.js';
import {readModelFile, readModelStream} from '../../src/wire/format/read-model-file.js';
import {writeModelFile} from '../../src/wire/format/write-model-file.js';
import {BYTES, FILE, sealed} from '../support/small-file.js';

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield Promise.resolve(bytes.subarray(at, at + size));
}

test('what is written is read, at once and piece by piece', async () => {
  expect(readModelFile(BYTES)).toEqual(FILE);
  for (const size of [1, 7, 1000]) expect(await readModelStream(pieces(BYTES, size))).toEqual(FILE);
});

test('bits of -0 and NaN are kept', () => {
  const {values} = readModelFile(BYTES).weights[1] as {values: Float32Array};
  expect([...values].map(value => Object.is(value, -0))).toEqual([false, true, false]);
});

test('a file that is truncated anywhere is refused', async () => {
  for (let length = 0; length < BYTES.length; length++) {
    expect(() => readModelFile(BYTES.subarray(0, length))).toThrow(CompressedFileError);
    await expect(readModelStream(pieces(BYTES.subarray(0, length), 5))).rejects.toThrow(CompressedFileError);
  }
});

test('a file with a byte altered anywhere is refused, and one with bytes behind its end', async () => {
  for (let at = 0; at < BYTES.length; at++) {
    const altered = BYTES.slice();
    altered[at]! ^= 1 << (at % 8);
    expect(() => readModelFile(altered)).toThrow(CompressedFileError);
    if (at % 9 === 0) await expect(readModelStream(pieces(altered, 9))).rejects.toThrow(CompressedFileError);
  }
  const longer = Uint8Array.of(...BYTES, 0);
  expect(() => readModelFile(longer)).toThrow('goes on after');
  await expect(readModelStream(pieces(longer, 9))).rejects.toThrow('goes on after');
});

test('files that lie, and have the right checksum, are read or refused in little time', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({max: BYTES.length - 5}), fc.nat({max: 255})), {maxLength: 6}), changes => {
      const altered = BYTES.slice();
      for (const [at, byte] of changes) altered[at] = byte;
      try {
        readModelFile(sealed(altered));
      } catch (error) {
        expect(error).toBeInstanceOf(CompressedFileError);
      }
    }),
    {numRuns: 200, seed: 3},
  );
});

test.each([
  ['a shape of 2^31 values', {name: 'w', shape: [65_536, 32_768]}],
  ['a shape of more values than its bytes can hold', {name: 'w', shape: [4096, 4096]}],
  ['a negative size', {name: 'w', shape: [-1, 2]}],
  ['a size that is no number', {name: 'w', shape: ['2', 2]}],
  ['no name', {name: 7, shape: [2]}],
])('%s is refused', (_, entry) => {
  const weight = {...entry, coding: 'float32', values: new Float32Array(4)} as unknown as FileWeight;
  expect(() => readModelFile(writeModelFile({model: {}, weights: [weight]}))).toThrow(CompressedFileError);
});

test('other formats and later versions are told', () => {
  const later = BYTES.slice();
  later[4] = 2;
  expect(() => readModelFile(later)).toThrow('its format has version 2, and this is version 1; update the package');
  expect(() => readModelFile(new TextEncoder().encode('{"modelTopology": {}, "weightsManifest": []}   '))).toThrow(
    'like a model.json; load it without `compressed`',
  );
  expect(() => readModelFile(Uint8Array.of(0x1f, 0x8b, 8, 0))).toThrow('like gzip');
});

test('a text that would change the prototype of objects is refused', () => {
  const model = JSON.parse('{"modelTopology": {"__proto__": {"polluted": true}}}') as ModelFile['model'];
  expect(() => readModelFile(writeModelFile({model, weights: []}))).toThrow('__proto__');
});

test('matrices have the outputs of a kernel as columns', () => {
  expect(matrixOf([3, 3, 8, 16])).toEqual({rows: 72, columns: 16});
  expect(matrixOf([3, 3, 8, 1])).toEqual({rows: 9, columns: 8});
  expect(matrixOf([10, 4])).toEqual({rows: 10, columns: 4});
  expect(matrixOf([10, 1])).toEqual({rows: 10, columns: 1});
  expect(matrixOf([7])).toEqual({rows: 7, columns: 1});
  expect(matrixOf([])).toEqual({rows: 1, columns: 1});
});
