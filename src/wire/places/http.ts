import type {BytesStore} from './bytes-store.js';
import {piecesOf} from './pieces.js';

const TYPE = 'application/octet-stream';

/** A file of a server: loaded by GET while it arrives, saved by POST as one body. */
export function httpBytes(url: string): Required<BytesStore> {
  return {
    async save(bytes) {
      await answered(url, {method: 'POST', headers: {'content-type': TYPE}, body: bytes});
    },
    async load() {
      const response = await answered(url);
      return response.body ? arriving(url, response.body) : response.arrayBuffer();
    },
  };
}

/** @throws Error that names the URL if nobody answers, or with a refusal. */
async function answered(url: string, request?: RequestInit): Promise<Response> {
  const response = await fetch(url, request).catch((cause: unknown) => {
    throw new Error(`Could not reach ${url}: ${reasonOf(cause)}`, {cause});
  });
  if (response.ok) return response;
  const {status, statusText} = response;
  throw new Error(`Expected ${url} to answer with success, got ${status} ${statusText}`);
}

async function* arriving(url: string, body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* piecesOf(body);
  } catch (cause) {
    throw new Error(`The download of ${url} broke off: ${reasonOf(cause)}`, {cause});
  }
}

/** Node tells the reason in the cause. */
function reasonOf(error: unknown): string {
  const {message, cause} = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}
