import type {BytesStore} from './bytes-store.js';

const [DATABASE, STORE] = ['tfjs-pruning', 'compressed'];

/** A file in the IndexedDB of a page or worker. */
export function storedBytes(name: string): Required<BytesStore> {
  return {
    async save(bytes) {
      await transaction('readwrite', store => store.put(bytes, name));
    },
    async load() {
      const bytes: unknown = await transaction('readonly', store => store.get(name));
      if (bytes instanceof Uint8Array) return bytes;
      throw new Error(`Expected a compressed model called "${name}" in IndexedDB, and there is none`);
    },
  };
}

async function transaction<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  if (typeof indexedDB === 'undefined') throw new TypeError('Expected a browser for indexeddb://, and there is none');
  const opening = indexedDB.open(DATABASE);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await done(opening);
  try {
    const running = database.transaction(STORE, mode);
    const request = work(running.objectStore(STORE));
    await new Promise<void>((resolve, reject) => {
      running.oncomplete = () => resolve();
      running.onabort = () => reject(running.error ?? new Error('IndexedDB gave up'));
    });
    return request.result;
  } finally {
    database.close();
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB refused'));
  });
}
