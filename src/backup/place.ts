import * as tf from '@tensorflow/tfjs-core';
import {expectFunction, received} from '../options/expect.js';
import type {Place} from './backup.js';
import {browserDatabase} from './browser-database.js';
import {browserStorage} from './browser-storage.js';
import {folderPlace} from './folder-place.js';

/** A handler that saves and loads; with `remove()`, it can also be emptied. */
export type BackupHandler = Required<Pick<tf.io.IOHandler, 'save' | 'load'>> & {
  /** Deletes the backup. */
  remove?: () => Promise<unknown>;
};

const SCHEMES: Record<string, (path: string, url: string) => Omit<Place, 'name'>> = {
  'file://': (_, url) => folderPlace(url),
  'indexeddb://': browserDatabase,
  'localstorage://': browserStorage,
};

/**
 * The place for a URL or for a handler.
 *
 * @throws TypeError if it is neither, or tf.js has no handler for the URL.
 */
export function handlerFor(place: string | BackupHandler): Place {
  if (typeof place !== 'string') return {name: 'the handler', ...ofHandler(expectHandler(place))};
  const scheme = Object.keys(SCHEMES).find(known => place.startsWith(known));
  const path = place.slice(scheme?.length ?? 0);
  if (path === '') throw new TypeError(`Expected a URL with a path, got ${received(place)}`);
  const handler = scheme === undefined ? ofHandler(handlersOfTf(place)) : SCHEMES[scheme]!(path, place);
  return {name: `"${place}"`, ...handler};
}

function expectHandler(place: BackupHandler): BackupHandler {
  const {save, load, remove} = Object(place) as Partial<BackupHandler>;
  if (typeof save !== 'function' || typeof load !== 'function') {
    throw new TypeError(
      'BackupAndRestore expects a URL such as "file://./backup" or "indexeddb://backup", or a handler with save() ' +
        `and load(), got ${received(place)}`,
    );
  }
  if (remove !== undefined) expectFunction('remove', remove, 'of the handler, or left out');
  return place;
}

function ofHandler(handler: BackupHandler): Omit<Place, 'name'> {
  return {
    load: async () => {
      try {
        const found = (await handler.load()) as tf.io.ModelArtifacts | null | undefined;
        return found ?? undefined;
      } catch (error) {
        if (saysNothingIsThere(error)) return undefined;
        throw error;
      }
    },
    save: artifacts => handler.save(artifacts),
    ...(typeof handler.remove === 'function' && {remove: () => handler.remove!()}),
  };
}

/** Whether an error means that nothing is there: tf.js has no other way to ask. Any other error may hide a backup. */
function saysNothingIsThere(error: unknown): boolean {
  const {code, name, message} = Object(error) as {code?: unknown; name?: unknown; message?: unknown};
  if (code === 'ENOENT' || name === 'NotFoundError') return true;
  return /\b(cannot find|not found|no such|there is no|nothing|status code 404)\b/i.test(String(message));
}

function handlersOfTf(url: string): BackupHandler {
  const [saver, loader] = [expectOne(url, tf.io.getSaveHandlers(url)), expectOne(url, tf.io.getLoadHandlers(url))];
  return {save: artifacts => saver.save!(artifacts), load: () => loader.load!()};
}

function expectOne(url: string, handlers: readonly tf.io.IOHandler[]): tf.io.IOHandler {
  if (handlers.length === 1) return handlers[0]!;
  throw new TypeError(
    handlers.length === 0
      ? 'BackupAndRestore expects a URL that tf.js can save to and load from, such as "file://./backup" or ' +
          `"indexeddb://backup", got "${url}"`
      : `Expected one handler of tf.js for "${url}", got ${handlers.length}`,
  );
}
