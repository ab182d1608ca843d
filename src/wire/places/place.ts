import {received} from '../../options/expect.js';
import {bytesFile} from './bytes-file.js';
import type {BytesStore} from './bytes-store.js';
import {downloadedBytes} from './download.js';
import {httpBytes} from './http.js';
import {storedBytes} from './indexed-db.js';

/** What keeps the bytes of a URL, or a store as it is. @throws TypeError if it is neither. */
export function placeOf(owner: string, target: string | URL | BytesStore): BytesStore {
  if (isStore(target)) return target;
  const url = textOf(target);
  const [, scheme = '', rest = ''] = /^([a-z][\w+.-]*):\/\/(.*)$/is.exec(url) ?? [];
  switch (scheme.toLowerCase()) {
    case 'file':
      return bytesFile(target);
    case 'http':
    case 'https':
      return httpBytes(url);
    case 'downloads':
      return downloadedBytes(rest);
    case 'indexeddb':
      return storedBytes(rest);
    default:
      throw new TypeError(
        `${owner} expects a file://, http://, https://, downloads:// or indexeddb:// URL, or an object with ` +
          `\`save\` or \`load\`, got ${received(target)}`,
      );
  }
}

function textOf(target: string | URL): string {
  const {href} = Object(target) as {href?: unknown};
  return typeof href === 'string' ? href : typeof target === 'string' ? target : '';
}

function isStore(target: unknown): target is BytesStore {
  const store = Object(target) as Record<string, unknown>;
  return typeof store['save'] === 'function' || typeof store['load'] === 'function';
}
