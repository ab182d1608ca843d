import fc from 'fast-check';
import {CompressedFileError} from '../../src/wire/format/compressed-file-error.js';
import {matrixOf, type FileWeight, type ModelFile} from '../../src/wire/format/model-file.js';
import {writeModelFile} from '../../src/wire/format/write-model-file.js';
import {readPieces} from '../support/read-pieces.js';
import {BYTES, FILE, sealed} from '../support/small-file.js';

test('a model is written as ever', async () => {
  expect(Buffer.from(await writeModelFile(FILE)).toString('base64')).toBe(Buffer.from(BYTES).toString('base64'));
});

test('what is written is read, at once and piece by piece', async () => {
  for (const size of [1, 7, 1000, Infinity]) expect(await readPieces(BYTES, size)).toEqual(FILE);
});

test('bits of -0 and NaN are kept', async () => {
  const {weights} = await readPieces(BYTES);
  const {values} = weights[1] as {values: Float32Array};
  expect([...values].map(value => Object.is(value, -0))).toEqual([false, true, false]);
});

test('a file that is truncated anywhere is refused', async () => {
  for (let length = 0; length < BYTES.length; length++) {
    const truncated = BYTES.subarray(0, length);
    await expect(readPieces(truncated)).rejects.toThrow(CompressedFileError);
    if (length % 9 === 0) await expect(readPieces(truncated, 5)).rejects.toThrow(CompressedFileError);
  }
});

test('a file with a byte altered anywhere is refused, and one with bytes behind its end', async () => {
  for (let at = 0; at < BYTES.length; at++) {
    const altered = BYTES.slice();
    altered[at]! ^= 1 << (at % 8);
    await expect(readPieces(altered)).rejects.toThrow(CompressedFileError);
    if (at % 9 === 0) await expect(readPieces(altered, 9)).rejects.toThrow(CompressedFileError);
  }
  const longer = Uint8Array.of(...BYTES, 0);
  for (const size of [9, Infinity]) await expect(readPieces(longer, size)).rejects.toThrow('goes on after');
});

test('files that lie, and have the right checksum, are read or refused in little time', async () => {
  const bytes = fc.array(fc.tuple(fc.nat({max: BYTES.length - 5}), fc.nat({max: 255})), {maxLength: 6});
  await fc.assert(
    fc.asyncProperty(bytes, async changes => {
      const altered = BYTES.slice();
      for (const [at, byte] of changes) altered[at] = byte;
      try {
        await readPieces(sealed(altered));
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
])('%s is refused', async (_, entry) => {
  const weight = {...entry, coding: 'float32', values: new Float32Array(4)} as unknown as FileWeight;
  await expect(readPieces(await writeModelFile({model: {}, weights: [weight]}))).rejects.toThrow(CompressedFileError);
});

test('other formats and later versions are told', async () => {
  const later = BYTES.slice();
  later[4] = 2;
  await expect(readPieces(later)).rejects.toThrow(
    'its format has version 2, and this is version 1; update the package',
  );
  await expect(readPieces(new TextEncoder().encode('{"modelTopology": {}, "weightsManifest": []}   '))).rejects.toThrow(
    'like a model.json; load it without `compressed`',
  );
  await expect(readPieces(Uint8Array.of(0x1f, 0x8b, 8, 0))).rejects.toThrow('like gzip');
});

test('a text that would change the prototype of objects is refused', async () => {
  const model = JSON.parse('{"modelTopology": {"__proto__": {"polluted": true}}}') as ModelFile['model'];
  await expect(readPieces(await writeModelFile({model, weights: []}))).rejects.toThrow('__proto__');
});

test('matrices have the outputs of a kernel as columns', () => {
  expect(matrixOf([3, 3, 8, 16])).toEqual({rows: 72, columns: 16});
  expect(matrixOf([3, 3, 8, 1])).toEqual({rows: 9, columns: 8});
  expect(matrixOf([10, 4])).toEqual({rows: 10, columns: 4});
  expect(matrixOf([10, 1])).toEqual({rows: 10, columns: 1});
  expect(matrixOf([7])).toEqual({rows: 7, columns: 1});
  expect(matrixOf([])).toEqual({rows: 1, columns: 1});
});
