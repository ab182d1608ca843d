import {CompressedFileError} from '../../src/wire/format/compressed-file-error.js';
import {fileOf, fileWith, TEXT, TRUE, type Fuzzed} from '../support/fuzzed-files.js';
import {inOwnProcess} from '../support/in-own-process.js';
import {readPieces} from '../support/read-pieces.js';
import {BYTES} from '../support/small-file.js';

const FILES = 10_000;

test('the file to alter is rebuilt as it was', () => {
  expect(fileOf(TRUE)).toEqual(BYTES);
  expect(fileWith(TEXT)).toEqual(BYTES);
});

test(`${FILES} altered files are read or refused, each in little time and memory`, async () => {
  const call = `readFuzzed(${FILES})`;
  const {refused, wrong, slowest} = await inOwnProcess<Fuzzed>('test/support/fuzzed-files.ts', call);
  expect(wrong).toEqual([]);
  expect(refused).toBeGreaterThan(0.5 * FILES);
  expect(slowest).toBeLessThan(2000);
});

test.each([
  ['columns without rows', ['w', [0, 2 ** 30], 'grid', 0, 1]],
  ['more columns than there can be', ['w', [0, 2 ** 50], 'grid', 0, 1]],
  ['a codebook of columns without rows', ['w', [0, 2 ** 30], 'codebook', 0, 0]],
  ['2^31 values', ['w', [2 ** 16, 2 ** 15], 'grid', 0]],
  ['2^31 values of a vector', ['w', [2 ** 31], 'float32']],
  ['as many as may be, in few bytes', ['w', [2 ** 14, 2 ** 14], 'grid', 0]],
  ['nine dimensions', ['w', [1, 1, 1, 1, 1, 1, 1, 1, 1], 'float32']],
])('%s: refused before anything is allocated', async (_, entry) => {
  const begin = process.memoryUsage();
  await expect(readPieces(fileWith(JSON.stringify({weights: [entry]})))).rejects.toThrow(CompressedFileError);
  expect(process.memoryUsage().arrayBuffers - begin.arrayBuffers).toBeLessThan(2 ** 24);
});

test('a text that is said to be longer than its bytes ends where they do', async () => {
  const file = fileOf({...TRUE, textBytes: 2000 * TRUE.parts.text.length});
  await expect(readPieces(file)).rejects.toThrow('its text ends too early');
});

test('JSON that is nested deeply is refused', async () => {
  for (const [open, close, depth] of [
    ['[', ']', 10_000],
    ['{"a":', '}', 10_000],
  ] as const) {
    const deep = open.repeat(depth) + '1' + close.repeat(depth);
    await expect(readPieces(fileWith(`{"model": ${deep}, "weights": []}`))).rejects.toThrow(CompressedFileError);
  }
});

test.each(['"__proto__"', '"\\u005f_proto__"'])('a key %s is refused, and changes nothing', async key => {
  const text = `{"modelTopology": {${key}: {"polluted": true}}, "weights": []}`;
  await expect(readPieces(fileWith(text))).rejects.toThrow('its text has a "__proto__"');
  expect(({} as {polluted?: boolean}).polluted).toBeUndefined();
});
