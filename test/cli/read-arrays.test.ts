import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import fc from 'fast-check';
import {zipSync} from 'fflate';
import type {NumberArray} from '../../src/cli/number-array.js';
import {readArrays} from '../../src/cli/read-arrays.js';
import {readNpy} from '../../src/cli/read-npy.js';
import {readNpz} from '../../src/cli/read-npz.js';
import {newFolder} from './saved-nets.js';

/** What numpy itself wrote: see make.py beside it. */
const numpy = JSON.parse(readFileSync('test/fixtures/numpy/arrays.json', 'utf8')) as Record<string, string>;
const bytesOf = (name: string) => new Uint8Array(Buffer.from(numpy[name]!, 'base64'));
const npy = (name: string) => readNpy(bytesOf(name), name);
const plain = ({shape, values}: NumberArray) => ({shape, values: [...values]});

test.each(['<f4', '>f4', '<f8', '<f2', '|i1', '<i2', '>i2', '<i4', '<i8', '>i8'])('numbers of dtype %s', dtype => {
  expect(plain(npy(dtype))).toEqual({shape: [2, 3], values: [-1, 0, 1, 2, 3, 4]});
});

test.each(['|u1', '<u2', '<u4', '<u8'])('numbers of dtype %s', dtype => {
  expect(plain(npy(dtype))).toEqual({shape: [2, 3], values: [0, 1, 2, 3, 4, 5]});
});

test('booleans, scalars, vectors, empty arrays, other versions, and the order of Fortran', () => {
  expect(plain(npy('bool'))).toEqual({shape: [2, 2], values: [1, 0, 0, 1]});
  expect(plain(npy('scalar'))).toEqual({shape: [], values: [3]});
  expect(plain(npy('vector'))).toEqual({shape: [2], values: [1.5, 2.5]});
  expect(plain(npy('empty'))).toEqual({shape: [0, 3], values: []});
  for (const version of ['version 2', 'version 3'])
    expect(plain(npy(version))).toEqual({shape: [3], values: [0, 1, 2]});
  expect(plain(npy('fortran'))).toEqual({shape: [2, 3, 4], values: Array.from({length: 24}, (_, i) => i)});
});

test.each(['objects', 'records', 'text', 'complex'])('%s are refused', kind => {
  expect(() => npy(kind)).toThrow(/Expected .* to hold (an array of numbers|numbers or booleans), but/);
});

test.each(['npz', 'compressed npz'])('%s: arrays by name', kind => {
  const arrays = readNpz(bytesOf(kind), kind);
  expect([...arrays].map(([name, array]) => [name, plain(array)])).toEqual([
    ['x', {shape: [2, 3], values: [0, 1, 2, 3, 4, 5]}],
    ['y', {shape: [2], values: [1, 0]}],
  ]);
});

test('truncated at any byte, a file is refused', () => {
  for (const name of ['<f4', 'fortran']) {
    const bytes = bytesOf(name);
    for (let end = 0; end < bytes.length; end++) {
      expect(() => readNpy(bytes.subarray(0, end), 'cut')).toThrow(/^Expected cut to /);
    }
  }
  const bytes = bytesOf('compressed npz');
  for (let end = 0; end < bytes.length; end++)
    expect(() => readNpz(bytes.subarray(0, end), 'cut')).toThrow(/ in cut | cut /);
});

test('altered at random, a file is read or refused, in no time', () => {
  const start = Date.now();
  const altered = (name: string, read: (bytes: Uint8Array) => unknown) =>
    fc.assert(
      fc.property(fc.nat(bytesOf(name).length - 1), fc.nat(255), (at, byte) => {
        const bytes = bytesOf(name);
        bytes[at] = byte;
        try {
          read(bytes);
        } catch (error) {
          expect((error as Error).message).toMatch(/^Expected /);
        }
      }),
      {numRuns: 1000, seed: 1},
    );
  altered('<f4', bytes => readNpy(bytes, 'altered'));
  altered('npz', bytes => readNpz(bytes, 'altered'));
  altered('compressed npz', bytes => readNpz(bytes, 'altered'));
  expect(Date.now() - start).toBeLessThan(20_000);
});

test('shapes that lie are refused before anything is allocated', () => {
  const text = Buffer.from(bytesOf('<f4')).toString('latin1');
  const lying = (shape: string) => {
    const changed = text.replace(/\(2, 3\)( *)/, (all: string) => shape.padEnd(all.length));
    return () => readNpy(new Uint8Array(Buffer.from(changed, 'latin1')), 'file');
  };
  expect(lying('(2, 4)')).toThrow('Expected file to have 32 bytes of values for its shape [2,4], got 24');
  expect(lying('(99999999, 99999)')).toThrow('fits into memory');
  expect(lying('(1, 1, 1, 1, 1, 1, 1, 2, 3)')).toThrow('fits into memory');
  const bomb = zipSync({'x.npy': new Uint8Array(50_000_000)});
  const view = new DataView(bomb.buffer, bomb.byteOffset);
  const central = Buffer.from(bomb).indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  view.setUint32(central + 24, 0x3fffffff, true); // its size in the directory
  expect(() => readNpz(bomb, 'bomb')).toThrow('it says that x.npy has 1073741823 bytes in');
});

describe('JSON', () => {
  const folder = newFolder();
  const read = (json: string) => {
    const file = join(folder, 'data.json');
    writeFileSync(file, json);
    return readArrays(file);
  };

  test('nested arrays, or several by name', async () => {
    expect(plain((await read('[[1, 2], [3, 4], [5, 6]]')) as NumberArray)).toEqual({
      shape: [3, 2],
      values: [1, 2, 3, 4, 5, 6],
    });
    const named = (await read('{"a": [1], "__proto__": [[2]]}')) as Map<string, NumberArray>;
    expect([...named.keys()]).toEqual(['a', '__proto__']);
    expect(named.get('__proto__')!.shape).toEqual([1, 1]);
  });

  test.each([
    ['[[1, 2], [3]]', 'rows of equal lengths; its first ones are [2,2]'],
    ['[[1, [2]]]', 'to hold numbers'],
    ['[1, "2"]', 'to hold numbers, got "2"'],
    ['[1, null]', 'to hold numbers, got null'],
    ['3', 'to be arrays of numbers'],
    ['[1, 2', 'to be .npy, .npz or JSON, but'],
    ['', 'to be .npy, .npz or JSON, but'],
    [`${'['.repeat(9)}1${']'.repeat(9)}`, 'nested at most 8 times'],
    [`[${'[],'.repeat(3)}[1]]`, 'rows of equal lengths'],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'nested at most 8 times'],
  ])('%# is refused', async (json, reason) => {
    await expect(read(json)).rejects.toThrow(reason);
    await expect(read(json)).rejects.toMatchObject({name: 'UsageError'});
  });

  test('no file', async () => {
    await expect(readArrays(join(folder, 'none.npy'))).rejects.toMatchObject({name: 'UsageError'});
    await expect(readArrays(folder)).rejects.toThrow('EISDIR');
  });
});
