import type {BytesStore} from './bytes-store.js';

const TYPE = 'application/octet-stream';

/** A file of a server: loaded by GET while it arrives, saved by POST as one body. */
export function httpBytes(url: string): Required<BytesStore> {
  return {
    async save(bytes) {
      const response = await fetch(url, {method: 'POST', headers: {'content-type': TYPE}, body: bytes});
      if (!response.ok) throw refused(url, response);
    },
    async load() {
      const response = await fetch(url);
      if (!response.ok) throw refused(url, response);
      return response.body ?? (await response.arrayBuffer());
    },
  };
}

function refused(url: string, {status, statusText}: Response): Error {
  return new Error(`Expected ${url} to answer with a model, got ${status} ${statusText}`);
}
