import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import fs from 'node:fs/promises';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {files} from 'tfjs-pruning';
import {generation, numberOf} from '../support/generations.js';

type Manifest = {paths: unknown; weights: unknown; sizes?: unknown; sha256?: unknown}[];

const root = mkdtempSync(join(tmpdir(), 'tfjs-pruning-reading-'));
let count = 0;
const newFolder = () => join(root, `model${count++}`);

async function savedFolder(): Promise<string> {
  const folder = newFolder();
  await files(folder).save(generation(1));
  return folder;
}

/** Writes a model.json by hand. */
function written(json: unknown): string {
  const folder = newFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(16));
  writeFileSync(join(folder, 'model.json'), typeof json === 'string' ? json : JSON.stringify(json));
  return folder;
}

const spec = {name: 'w', shape: [4], dtype: 'float32'};
const group = {paths: ['weights.bin'], weights: [spec]};
const withManifest = (weightsManifest: unknown) => ({modelTopology: {}, weightsManifest});
const withSpec = (change: object) => withManifest([{...group, weights: [{...spec, ...change}]}]);
const withPath = (path: unknown) => withManifest([{...group, paths: [path]}]);
const quantized = (quantization: unknown) => withSpec({quantization});

const DAMAGED: [what: string, json: unknown, message: RegExp][] = [
  ['null', null, /it has no topology or no weights manifest/],
  ['a number', 3, /it has no topology or no weights manifest/],
  ['a list', [], /it has no topology or no weights manifest/],
  ['nothing', '', /it is no JSON: it is empty/],
  ['half a file', '{"modelTopology": {"cl', /model.json to be the model.json of a saved model, but it is no JSON/],
  ['HDF5', '\x89HDF\r\n', /it is a Keras HDF5 file; convert it with tensorflowjs_converter/],
  ['zip', 'PK\x03\x04abc', /it is a .keras or zip file/],
  ['no topology', {weightsManifest: []}, /no topology/],
  ['no manifest', {modelTopology: {}}, /no weights manifest/],
  ['topology null', {modelTopology: null, weightsManifest: []}, /modelTopology of .* to be an object, got null/],
  ['topology text', {modelTopology: 'x', weightsManifest: []}, /modelTopology of .* to be an object, got "x"/],
  ['manifest null', withManifest(null), /Expected a list as the weightsManifest of .*, got null/],
  ['manifest object', withManifest({}), /Expected a list as the weightsManifest/],
  ['[null]', withManifest([null]), /group 0 of the weightsManifest .* list of paths and a list of weights, got null/],
  ['no paths', withManifest([{weights: []}]), /a list of paths and a list of weights/],
  ['no weights', withManifest([{paths: []}]), /a list of paths and a list of weights/],
  ['paths text', withManifest([{paths: 'weights.bin', weights: []}]), /a list of paths and a list of weights/],
  ['weight null', withManifest([{...group, weights: [null]}]), /weight 0 of group 0 .* to have a name, got undefined/],
  ['no name', withSpec({name: undefined}), /weight 0 of group 0 .* to have a name/],
  ['no shape', withSpec({shape: undefined}), /weight "w" of group 0 .* list of sizes as its shape, got undefined/],
  ['shape negative', withSpec({shape: [-4]}), /shape of weight "w" .* whole numbers >= 0, got -4/],
  ['shape null', withSpec({shape: [null]}), /whole numbers >= 0, got null/],
  ['shape text', withSpec({shape: ['4']}), /whole numbers >= 0, got "4"/],
  ['shape fraction', withSpec({shape: [0.5, 8]}), /whole numbers >= 0, got 0.5/],
  ['shape 1e15', withSpec({shape: [1e15]}), /weights.bin" is damaged: expected 4000000000000000 bytes .* got 16/],
  ['shape 1e15 squared', withSpec({shape: [1e15, 1e15]}), /weight "w" .* to fit into memory, got shape/],
  ['shape too large', withSpec({shape: [5]}), /expected 20 bytes for the weights of model.json, got 16/],
  ['shape too small', withSpec({shape: [3]}), /expected 12 bytes for the weights of model.json, got 16/],
  ['dtype unknown', withSpec({dtype: 'float64'}), /dtype of weight "w" .* one of float32, int32, .* got "float64"/],
  ['dtype missing', withSpec({dtype: undefined}), /dtype of weight "w" .* got undefined/],
  ['dtype of Object', withSpec({dtype: 'constructor'}), /dtype of weight "w"/],
  ['strings, too many', withSpec({dtype: 'string', shape: [5]}), /expected at least 20 bytes .* got 16/],
  ['quantization null', quantized(null), /quantization of weight "w" .* one of uint8, uint16, float16, got undefined/],
  ['quantization unknown', quantized({dtype: 'int4'}), /one of uint8, uint16, float16, got "int4"/],
  ['quantization without scale', quantized({dtype: 'uint8', min: 0}), /numbers min and scale, got 0 .* and undefined/],
  [
    'quantized bool',
    withSpec({dtype: 'bool', quantization: {dtype: 'float16'}}),
    /quantized to float16, to be one of float32/,
  ],
  ['quantized size', quantized({dtype: 'uint8', min: 0, scale: 1}), /expected 4 bytes .* got 16/],
  ['path number', withPath(3), /the paths in group 0 .* got 3/],
  ['path empty', withPath(''), /the paths in group 0 .* got ""/],
  ['path absolute', withPath('/etc/passwd'), /name files in the folder of the model.json, got "\/etc\/passwd"/],
  ['path of Windows', withPath('C:\\x'), /name files in the folder/],
  ['path of a share', withPath('\\\\server\\x'), /name files in the folder/],
  ['path up', withPath('../x'), /name files in the folder of the model.json, got "..\/x"/],
  ['path down and up', withPath('a/../../x'), /name files in the folder/],
  ['path up, Windows', withPath('a\\..\\..\\x'), /name files in the folder/],
  ['path with zero byte', withPath('x\0'), /name files in the folder/],
  ['path of a folder', withPath('.'), /plain file, but it is a folder/],
  [
    'path of nothing',
    withPath('nothing.bin'),
    /nothing.bin" named in model.json, but there is none; copy the whole/,
  ],
  ['sizes text', withManifest([{...group, sizes: '16'}]), /sizes for each of its 1 paths, but it is damaged/],
  ['sizes of others', withManifest([{...group, sizes: [16, 16]}]), /sizes for each of its 1 paths/],
  ['size wrong', withManifest([{...group, sizes: [17]}]), /weights.bin" is damaged: expected 17 bytes, got 16/],
  ['sha256 short', withManifest([{...group, sha256: ['abc']}]), /sha256 for each of its 1 paths/],
  [
    'sha256 wrong',
    withManifest([{...group, sha256: ['0'.repeat(64)]}]),
    /weights.bin" is damaged: expected the SHA-256/,
  ],
];

test.each(DAMAGED)('tells plainly of a damaged model.json: %s', async (_, json, message) => {
  const before = tf.memory().numTensors;
  const folder = written(json);
  const error = await files(folder)
    .load()
    .then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
  expect(error?.message).toMatch(message);
  expect(error?.message).toContain(folder);
  expect(['TypeError', 'RangeError']).toContain(error?.name);
  expect(tf.memory().numTensors).toBe(before);
});

test('tells of damaged weights what was expected and what came', async () => {
  const folder = await savedFolder();
  const file = join(folder, 'weights.bin');
  appendFileSync(file, 'x');
  await expect(files(folder).load()).rejects.toThrow(/weights.bin" is damaged: expected 4000 bytes, got 4001; copy/);
  truncateSync(file, 4000);
  expect(numberOf(await files(folder).load())).toBe(1);
  const bytes = readFileSync(file);
  bytes[1234]! ^= 1;
  writeFileSync(file, bytes);
  await expect(files(folder).load()).rejects.toThrow(
    /weights.bin" is damaged: expected the SHA-256 checksum [0-9a-f]{64}, got/,
  );
  unlinkSync(file);
  await expect(files(folder).load()).rejects.toThrow(/weights.bin" named in model.json, but there is none/);
});

test('closes all files that it opens, whatever becomes of the model', async () => {
  const open = new Set<unknown>();
  const opening = fs.open.bind(fs);
  const spy = jest.spyOn(fs, 'open').mockImplementation(async (file, flags) => {
    const handle = await opening(file, flags);
    const closing = handle.close.bind(handle);
    open.add(handle);
    handle.close = () => (open.delete(handle), closing());
    return handle;
  });
  try {
    const folder = await savedFolder();
    await files(folder).load();
    expect(spy).toHaveBeenCalled();
    for (const content of [new Uint8Array(3), new Uint8Array(4000)]) {
      writeFileSync(join(folder, 'weights.bin'), content);
      await expect(files(folder).load()).rejects.toThrow(/is damaged/);
    }
    writeFileSync(join(folder, 'model.json'), '[');
    await expect(files(folder).load()).rejects.toThrow(TypeError);
    expect(open.size).toBe(0);
  } finally {
    spy.mockRestore();
  }
});

test('the checksum is that of the file', async () => {
  const folder = await savedFolder();
  const {weightsManifest} = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as {weightsManifest: Manifest};
  const sha256 = createHash('sha256')
    .update(readFileSync(join(folder, 'weights.bin')))
    .digest('hex');
  expect(weightsManifest).toEqual([
    {
      paths: ['./weights.bin'],
      weights: [{name: 'w', shape: [1000], dtype: 'float32'}],
      sizes: [4000],
      sha256: [sha256],
    },
  ]);
});

test('reads files in folders beside the model.json, and a byte-order mark', async () => {
  const folder = written(`\uFEFF${JSON.stringify(withPath('inside/weights.bin'))}`);
  mkdirSync(join(folder, 'inside'));
  renameSync(join(folder, 'weights.bin'), join(folder, 'inside/weights.bin'));
  expect((await files(folder).load()).weightData).toEqual(new ArrayBuffer(16));
});

test('does not follow a link out of the folder, whoever has it', async () => {
  writeFileSync(join(root, 'secret'), new Uint8Array(16));
  const folder = written(withPath('weights.bin'));
  unlinkSync(join(folder, 'weights.bin'));
  symlinkSync('../secret', join(folder, 'weights.bin'));
  await expect(files(folder).load()).rejects.toThrow(
    /weights.bin" to lie in the folder of the model, but it is a link to ".*secret"/,
  );
  const other = written(withPath('inside/secret'));
  symlinkSync(root, join(other, 'inside'));
  await expect(files(other).load()).rejects.toThrow(/to lie in the folder of the model/);
  const third = newFolder();
  mkdirSync(third);
  symlinkSync(join(folder, 'model.json'), join(third, 'model.json'));
  await expect(files(third).load()).rejects.toThrow(/to lie in the folder of the model/);
});

test('follows links within the folder, and a link that is the folder', async () => {
  const folder = await savedFolder();
  renameSync(join(folder, 'weights.bin'), join(folder, 'real.bin'));
  symlinkSync('real.bin', join(folder, 'weights.bin'));
  symlinkSync(folder, join(root, 'link'));
  expect(numberOf(await files(join(root, 'link')).load())).toBe(1);
  await files(join(root, 'link')).save(generation(2));
  expect(numberOf(await files(folder).load())).toBe(2);
});

test('does not wait for pipes and devices', async () => {
  const folder = written(withPath('pipe'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await expect(files(folder).load()).rejects.toThrow(/pipe" to be a plain file, but it is a folder, a device, a pipe/);
  const other = newFolder();
  mkdirSync(other);
  execFileSync('mkfifo', [join(other, 'model.json')]);
  await expect(files(other).load()).rejects.toThrow(/model.json" to be a plain file/);
  await files(other).save(generation(1));
  expect(numberOf(await files(other).load())).toBe(1);
  await expect(files('/dev/zero').load()).rejects.toThrow(/zero" to be a plain file/);
});

test('where there is no model, the cause has the code ENOENT', async () => {
  writeFileSync(join(root, 'file'), '');
  const behindFile = join(root, 'file/model');
  for (const place of [join(root, 'nothing'), join(root, 'nothing/model.json'), root, behindFile]) {
    await expect(files(place).load()).rejects.toMatchObject({
      message: expect.stringMatching(
        /There is no saved model \(ENOENT\) at ".*": expected a folder with a model.json/,
      ) as string,
      cause: {code: 'ENOENT'},
    });
  }
});

test('refuses to save what could not be loaded', async () => {
  const folder = newFolder();
  const save = (change: object) => files(folder).save({...generation(1), ...change});
  await expect(save({weightData: new ArrayBuffer(3)})).rejects.toThrow(/Expected 4000 bytes of weights, .* got 3/);
  await expect(save({modelTopology: new ArrayBuffer(3)})).rejects.toThrow(/a topology in JSON, got an ArrayBuffer/);
  await expect(save({modelTopology: undefined})).rejects.toThrow(/a topology in JSON, got undefined/);
  await expect(files(folder).load()).rejects.toThrow(/There is no saved model/);
});
