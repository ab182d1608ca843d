import * as tf from '@tensorflow/tfjs-core';
import type {Place} from './backup.js';

/** The database of tf.js for `indexeddb://` URLs, so that `tf.io.listModels()` lists the backup. */
const DATABASE = 'tensorflowjs';
const VERSION = 1;
const MODELS = 'models_store';
const INFOS = 'model_info_store';

interface Stores {
  readonly models: IDBObjectStore;
  readonly infos: IDBObjectStore;
}

/**
 * A place in IndexedDB. The handler of tf.js resolves before the database is done: a full disk would go unnoticed, and
 * an entry could be half new.
 */
export function browserDatabase(modelPath: string): Omit<Place, 'name'> {
  return {
    load: async () => {
      const entry = await inDatabase('readonly', ({models}) => models.get(modelPath) as IDBRequest<Entry | undefined>);
      return entry?.modelArtifacts;
    },
    save: artifacts => {
      const modelArtifactsInfo = tf.io.getModelArtifactsInfoForJSON(artifacts);
      return inDatabase('readwrite', ({models, infos}) => {
        infos.put({modelPath, modelArtifactsInfo});
        return models.put({modelPath, modelArtifacts: artifacts, modelArtifactsInfo});
      });
    },
    remove: () =>
      inDatabase('readwrite', ({models, infos}) => {
        infos.delete(modelPath);
        return models.delete(modelPath);
      }),
  };
}

interface Entry {
  modelArtifacts: tf.io.ModelArtifacts;
}

/** Runs `action` in one transaction, all or nothing, and waits until it is on the disk. */
async function inDatabase<T>(mode: IDBTransactionMode, action: (stores: Stores) => IDBRequest<T>): Promise<T> {
  const database = await openDatabase();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction([MODELS, INFOS], mode);
      transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB has aborted the transaction'));
      try {
        const request = action({models: transaction.objectStore(MODELS), infos: transaction.objectStore(INFOS)});
        transaction.oncomplete = () => resolve(request.result);
      } catch (cause) {
        const refused = new Error(String(cause), {cause}); // what can't be stored is refused at once
        transaction.onabort = () => reject(refused);
        transaction.abort();
      }
    });
  } finally {
    database.close();
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const {indexedDB} = globalThis as {indexedDB?: IDBFactory};
  if (!indexedDB) throw new TypeError('There is no IndexedDB here; indexeddb:// URLs are for browsers');
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION);
    request.onupgradeneeded = () => {
      for (const store of [MODELS, INFOS]) request.result.createObjectStore(store, {keyPath: 'modelPath'});
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB did not open'));
  });
}
