import {mkdirSync, mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import * as tf from '@tensorflow/tfjs';
import {files} from 'tfjs-pruning';
import {pathsOf} from '../../src/files/place.js';
import {generation, namesIn, numberOf} from '../support/generations.js';

const root = mkdtempSync(join(tmpdir(), 'tfjs-pruning-place-'));

test.each([
  ['./model', ['./model']],
  ['100%', ['100%']],
  ['a%20b', ['a%20b']],
  ['file://./model', ['./model']],
  ['FILE://./model', ['./model']],
  ['file://model/model.json', ['model/model.json']],
  ['file:///tmp/model', ['/tmp/model']],
  ['file://localhost/tmp/model', ['/tmp/model']],
  ['FILE://LocalHost/tmp/model', ['/tmp/model']],
  ['file://localhosts/model', ['localhosts/model']],
  ['file:///a%20b/%C3%BC%23', ['/a b/ü#', '/a%20b/%C3%BC%23']],
  ['file://./a b#c?d', ['./a b#c?d']],
  ['file://./100%', ['./100%']],
  ['file://./100%25', ['./100%', './100%25']],
])('%s is the path %j', (place, paths) => {
  expect(pathsOf(place)).toEqual(paths);
  if (place.startsWith('/')) expect(pathsOf(pathToFileURL(place))).toEqual([place]);
});

test('in Windows the path of a URL begins with the drive', () => {
  const {platform} = process;
  const pretend = (value: string) =>
    Object.defineProperty(process.getBuiltinModule('node:process'), 'platform', {value});
  pretend('win32');
  const paths = ['file:///C:/a%20b', 'file:///model'].map(url => pathsOf(url));
  pretend(platform);
  expect(paths).toEqual([['C:/a b', 'C:/a%20b'], ['/model']]);
});

test.each([
  ['', /Expected the path of a folder, of the model.json in it, or a file:\/\/ URL, got ""/],
  ['file://', /Expected the path of a folder after file:\/\/, got nothing/],
  ['https://x/model.json', /got "https:\/\/x\/model.json" \(string\); pass other URLs/],
  ['indexeddb://x', /pass other URLs/],
  ['a\0b', /without zero bytes/],
  ['file://./a%2F..%2Fb', /without encoded slashes/],
  ['file://./a%00', /without encoded slashes and zero bytes/],
  [undefined, /got undefined/],
  [null, /got null/],
  [3, /got 3 \(number\)/],
  [new URL('https://x/y'), /got "https:\/\/x\/y"/],
  [new URL('file://host/share'), /Expected the URL of a file on this machine, got "file:\/\/host\/share"/],
])('%s is no place', (place, message) => {
  expect(() => files(place as string)).toThrow(TypeError);
  expect(() => files(place as string)).toThrow(message);
});

test('of a file, if a file is meant', () => {
  expect(() => pathsOf('file://', 'file')).toThrow('Expected the path of a file after file://, got nothing');
  expect(() => pathsOf('https://x/y', 'file')).toThrow(
    'Expected the path of a file, or a file:// URL, got "https://x/y"',
  );
});

test.each(['a b', 'ü#', '100%', 'a%20b', '?q'])(
  'a folder called "%s" is saved to and loaded from by each way to name it',
  async name => {
    const folder = join(root, name);
    const ways = [folder, join(folder, 'model.json'), pathToFileURL(folder), pathToFileURL(folder).href];
    for (const [number, way] of ways.entries()) {
      await files(way).save(generation(number));
      for (const other of ways) expect(numberOf(await files(other).load())).toBe(number);
    }
    expect(namesIn(root)).toContain(name);
  },
);

test('a folder that was really called a%20b, as 0.1 wrote it, is found where there is no "a b"', async () => {
  await files(join(root, 'old%20model')).save(generation(1));
  expect(numberOf(await files(`file://${root}/old%20model/model.json`).load())).toBe(1);
});

test('the model.json in place of the folder is taken, another .json is not', async () => {
  await files(join(root, 'named/model.json')).save(generation(1));
  expect(namesIn(join(root, 'named'))).toEqual(['model.json', 'weights.bin']);
  await expect(files(join(root, 'best.json')).save(generation(1))).rejects.toThrow(
    /Expected the path of a folder.*best.json"; omit .json/,
  );
  mkdirSync(join(root, 'folder.json'));
  await files(join(root, 'folder.json')).save(generation(2));
  expect(numberOf(await files(join(root, 'folder.json')).load())).toBe(2);
});

test('where there is no Node, says what there is instead', async () => {
  const taken = jest.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
  try {
    await expect(files('./model').load()).rejects.toThrow(/Node 20.16 or later for files; in a browser .* "indexeddb:/);
  } finally {
    taken.mockRestore();
  }
  expect(tf.memory().numTensors).toBe(0);
});
