import type {BytesStore} from './bytes-store.js';

const TYPE = 'application/octet-stream';

/** A file of a server: loaded by GET while it arrives, saved by POST as one body. */
export function httpBytes(url: string, init: RequestInit = {}): Required<BytesStore> {
  return {
    async save(bytes) {
      const headers = {'content-type': TYPE, ...(init.headers as Record<string, string>)};
      const response = await fetch(url, {method: 'POST', ...init, headers, body: bytes});
      if (!response.ok) throw refused(url, response);
    },
    async load() {
      const response = await fetch(url, init);
      if (!response.ok) throw refused(url, response);
      return response.body ?? (await response.arrayBuffer());
    },
  };
}

function refused(url: string, {status, statusText}: Response): Error {
  return new Error(`Expected ${url} to answer with a model, got ${status} ${statusText}`);
}
