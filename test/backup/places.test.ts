import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import 'fake-indexeddb/auto';
import {BackupAndRestore} from 'tfjs-pruning/callbacks';
import {handlerFor} from '../../src/backup/place.js';

const compiled = () => {
  const model = tf.sequential({layers: [tf.layers.dense({name: 'd', units: 2, inputShape: [3]})]});
  model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  return model;
};

/** One epoch more. */
async function train(url: string, epochs: number, deleteAtEnd = false): Promise<number> {
  const backup = new BackupAndRestore(url, {deleteAtEnd});
  const {model, initialEpoch} = await backup.restore(compiled, []);
  const [x, y] = [tf.ones([4, 3]), tf.ones([4, 2])];
  await model.fit(x, y, {epochs, initialEpoch, verbose: 0, shuffle: false, callbacks: [backup]});
  return initialEpoch;
}

/** The local storage of a page, of so many letters. */
class Storage {
  readonly items = new Map<string, string>();
  room = Infinity;
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    if (value.length > this.room) throw new DOMException('exceeded the quota', 'QuotaExceededError');
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

const storage = new Storage();
const folder = mkdtempSync(join(tmpdir(), 'backups-'));
beforeAll(() => Object.assign(globalThis, {localStorage: storage}));
afterAll(() => {
  Reflect.deleteProperty(globalThis, 'localStorage');
  rmSync(folder, {recursive: true});
});

const bytes = new Uint8Array(70_000).map((_, i) => (i * 7) % 256);
const artifacts = (note: string): tf.io.ModelArtifacts => ({
  modelTopology: {class_name: 'Sequential', config: {name: 's', layers: []}},
  weightSpecs: [{name: 'w', shape: [17_500], dtype: 'float32'}],
  weightData: bytes.slice().buffer,
  userDefinedMetadata: {note},
});

describe.each(['indexeddb://a/backup', 'localstorage://a/backup', `file://${folder}/backup`])('%s', url => {
  test('has nothing, then what was saved last, bit by bit, then nothing', async () => {
    const place = handlerFor(url);
    expect(await place.load()).toBeUndefined();
    await place.save(artifacts('first'));
    await place.save(artifacts('second'));
    const {weightData, weightSpecs, userDefinedMetadata} = (await place.load())!;
    expect(userDefinedMetadata).toEqual({note: 'second'});
    expect(weightSpecs).toEqual(artifacts('').weightSpecs);
    expect(new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData))).toEqual(bytes);
    await place.remove!();
    expect(await place.load()).toBeUndefined();
    await place.remove!(); // what is not there is not missed
  });

  test('holds a training between its runs', async () => {
    expect(await train(url, 2)).toBe(0);
    expect(await train(url, 3, true)).toBe(2);
    expect(await train(url, 1, true)).toBe(0);
    expect(await handlerFor(url).load()).toBeUndefined();
  });
});

describe('where there is no room', () => {
  const isThere = async (url: string) => ((await handlerFor(url).load())?.userDefinedMetadata as {note: string}).note;

  test('local storage keeps what it has', async () => {
    const url = 'localstorage://full';
    await handlerFor(url).save(artifacts('old'));
    storage.room = 1000;
    expect(() => handlerFor(url).save(artifacts('new'))).toThrow('exceeded the quota');
    expect(await isThere(url)).toBe('old');
    storage.room = Infinity;
  });

  // A database tells of a full disk when a request fails, or only when the transaction is written.
  test.each(['abort', 'throw'])('IndexedDB keeps what it has: %s', async how => {
    const url = 'indexeddb://full';
    await handlerFor(url).save(artifacts('old'));
    const original = Reflect.get(IDBObjectStore.prototype, 'put') as (...args: unknown[]) => IDBRequest<IDBValidKey>;
    const put = jest.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
      this: IDBObjectStore,
      ...args
    ) {
      if (this.name === 'model_info_store') return original.apply(this, args);
      if (how === 'throw') throw new DOMException('too large', 'DataCloneError');
      const request = original.apply(this, args);
      request.addEventListener('success', () => this.transaction.abort());
      return request;
    });
    await expect(handlerFor(url).save(artifacts('new'))).rejects.toThrow();
    put.mockRestore();
    expect(await isThere(url)).toBe('old');
  });
});

test('the model in IndexedDB is listed and removed as one that tf.js has saved', async () => {
  await handlerFor('indexeddb://listed').save(artifacts(''));
  const database = await new Promise<IDBDatabase>((done, fail) => {
    const request = indexedDB.open('tensorflowjs', 1);
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(new Error('not opened'));
  });
  expect([...database.objectStoreNames]).toEqual(['model_info_store', 'models_store']);
  database.close();
});

test('a damaged backup is an error, and stays', async () => {
  const url = `file://${folder}/damaged`;
  await train(url, 1);
  const [weights] = readdirSync(join(folder, 'damaged')).filter(name => name.endsWith('.bin'));
  writeFileSync(join(folder, 'damaged', weights!), 'abc');
  await expect(train(url, 2)).rejects.toThrow(/is damaged: expected \d+ bytes/);
  rmSync(join(folder, 'damaged', weights!));
  await expect(train(url, 2)).rejects.toThrow(/but there is none/);
});

test('there is no such place outside a browser', async () => {
  Reflect.deleteProperty(globalThis, 'localStorage');
  await expect(new BackupAndRestore('localstorage://x').restore(compiled, [])).rejects.toThrow(
    /for pages in a browser/,
  );
  Object.assign(globalThis, {localStorage: storage});
});
