import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer, type RequestListener} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import 'fake-indexeddb/auto';
import * as tf from '@tensorflow/tfjs';
import {compressed, CompressedFileError} from 'tfjs-pruning/wire';
import {interceptFiles} from '../support/failing-files.js';

beforeEach(() => jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

/** A model whose bias tells it from others. */
function net(bias: number): tf.LayersModel {
  const biasInitializer = tf.initializers.constant({value: bias});
  return tf.sequential({layers: [tf.layers.dense({units: 3, inputShape: [5], biasInitializer})]});
}

const load = (target: Parameters<typeof compressed>[0]) => tf.loadLayersModel(compressed(target));
const biasOf = (model: tf.LayersModel) => model.weights[1]!.read().dataSync()[0];

const newFolder = () => mkdtempSync(join(tmpdir(), 'tfjs-pruning-places-'));

describe('file://', () => {
  const folder = newFolder();

  test('what is missing, a folder, or a pipe, is told', async () => {
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'model'));
    const at = (name: string) => load(`file://${folder}/${name}`);
    const missing = at('none.tfpr');
    await expect(missing).rejects.toThrow(`from "${folder}/none.tfpr": there is no such file (ENOENT)`);
    await expect(missing).rejects.toHaveProperty('cause.code', 'ENOENT');
    await expect(at('nowhere/model.tfpr')).rejects.toThrow('there is no such file (ENOENT)');
    await expect(at('file/model.tfpr')).rejects.toThrow('a part of its path is a file, not a folder (ENOTDIR)');
    await expect(at('model')).rejects.toThrow(
      `Expected "${folder}/model" to be a file, but it is a folder; a model.json in it is loaded without `,
    );
    await expect(at('file')).rejects.toThrow(CompressedFileError);
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(at('pipe')).rejects.toThrow('but it is a device, a pipe or a socket');
  });

  test.each([
    ['EACCES', 'permission denied; let this process read it (EACCES)'],
    ['EIO', 'the disk can not be read (EIO)'],
    ['EWHAT', 'the system refused it (EWHAT)'],
  ])('a file that can not be opened or read (%s) is told', async (code, message) => {
    const file = join(newFolder(), 'model.tfpr');
    await net(1).save(compressed(`file://${file}`));
    for (const call of ['open', 'read']) {
      const release = interceptFiles((_, name) => {
        if (name === call) throw Object.assign(new Error(`${code}: made up`), {code});
      });
      await expect(load(`file://${file}`)).rejects.toThrow(`Could not read the model from "${file}": ${message}`);
      await release();
    }
  });

  test('a folder, or a path through a file, is not saved to, and stays', async () => {
    const place = newFolder();
    mkdirSync(join(place, 'model'));
    writeFileSync(join(place, 'model/kept'), 'kept');
    await expect(net(1).save(compressed(`file://${place}/model`))).rejects.toThrow(
      `Could not save the model to "${place}/model": it is a folder, not a file`,
    );
    await expect(net(1).save(compressed(`file://${place}/model/kept/model`))).rejects.toThrow('it is a file, not a');
    expect([readdirSync(place), readFileSync(join(place, 'model/kept'), 'utf8')]).toEqual([['model'], 'kept']);
  });

  test('a save that fails at any call leaves the old file or the new one, and nothing else', async () => {
    const place = newFolder();
    const url = `file://${place}/model.tfpr`;
    await net(1).save(compressed(url));
    for (let failing = 0, hasFailed = true; hasFailed; failing++) {
      hasFailed = false;
      const release = interceptFiles((number, name) => {
        if (number !== failing || name === 'unlink') return;
        hasFailed = true;
        throw Object.assign(new Error('ENOSPC: made up'), {code: 'ENOSPC'});
      });
      const error = await net(2)
        .save(compressed(url))
        .then(
          () => undefined,
          (reason: unknown) => String(reason),
        );
      await release();
      expect(readdirSync(place)).toEqual(['model.tfpr']);
      expect(biasOf(await load(url))).toBe(error === undefined ? 2 : 1);
      if (error !== undefined) expect(error).toContain('the disk is full');
      await net(1).save(compressed(url));
    }
  });
});

describe('http://', () => {
  async function served(answer: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
    const server = createServer(answer);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/model.tfpr`);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  test('a page of HTML in place of a file is told', async () => {
    const page = `<!doctype html><html><body>${'not here '.repeat(20)}</body></html>`;
    await served(
      (_, response) => response.end(page),
      url => expect(load(url)).rejects.toThrow('like a page of HTML; is this the right URL?'),
    );
  });

  test('a refusal is told, and so is that nobody answers', async () => {
    let last = '';
    await served(
      (_, response) => response.writeHead(403).end(),
      async url => {
        last = url;
        await expect(load(url)).rejects.toThrow(`Expected ${url} to answer with success, got 403 Forbidden`);
        await expect(net(1).save(compressed(url))).rejects.toThrow('got 403 Forbidden');
      },
    );
    await expect(load(last)).rejects.toThrow(`Could not reach ${last}: `);
    await expect(net(1).save(compressed(last))).rejects.toThrow('Could not reach');
  });

  test('a download that breaks off is told', async () => {
    let bytes = new Uint8Array(0);
    await net(1).save(compressed({save: given => void (bytes = given)}));
    await served(
      (_, response) => {
        response.writeHead(200, {'Content-Length': bytes.length}).write(bytes.subarray(0, 100));
        setTimeout(() => response.destroy(), 50);
      },
      url => expect(load(url)).rejects.toThrow(`The download of ${url} broke off`),
    );
  });
});

describe('indexeddb://', () => {
  test('keeps each model under its name, and says what is missing', async () => {
    await net(1).save(compressed('indexeddb://one'));
    await net(2).save(compressed('indexeddb://two'));
    expect([biasOf(await load('indexeddb://one')), biasOf(await load('indexeddb://two'))]).toEqual([1, 2]);
    await expect(load('indexeddb://three')).rejects.toThrow('Expected a compressed model called "three" in IndexedDB');
  });

  test.each([
    [
      'is refused at once',
      () => {
        throw new DOMException('made up', 'DataCloneError');
      },
    ],
    [
      'is given up later',
      function (this: IDBObjectStore) {
        this.transaction.abort();
        return this.count();
      },
    ],
  ])('a save that %s leaves the old model', async (_, put) => {
    await net(1).save(compressed('indexeddb://kept'));
    const spy = jest.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(put as never);
    await expect(net(2).save(compressed('indexeddb://kept'))).rejects.toThrow();
    spy.mockRestore();
    expect(biasOf(await load('indexeddb://kept'))).toBe(1);
  });
});

describe('a store of your own', () => {
  test.each([
    ['a text', () => 'model', 'got "model"'],
    ['nothing', () => undefined, 'got undefined'],
    ['numbers of another kind', () => new Float32Array(3), 'got'],
    [
      'pieces of another kind',
      async function* () {
        yield await Promise.resolve('piece');
      },
      'got "piece"',
    ],
  ])('%s in place of bytes is refused', async (_, give, message) => {
    const promise = load({load: give as never});
    await expect(promise).rejects.toThrow('Expected `load` to give a Uint8Array, an ArrayBuffer, or pieces');
    await expect(promise).rejects.toThrow(message);
  });

  test('what it throws comes through', async () => {
    const load = () => Promise.reject(new Error('the vault is shut'));
    await expect(tf.loadLayersModel(compressed({load}))).rejects.toThrow('the vault is shut');
    const save = load;
    await expect(net(1).save(compressed({save}))).rejects.toThrow('the vault is shut');
  });
});
