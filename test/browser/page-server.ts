import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createServer, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {extname, join} from 'node:path';
import {text} from 'node:stream/consumers';

/** A page that is not isolated has no memory to share among threads; tfjs then takes the build for one thread. */
const ISOLATION = {'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp'};

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Answers a request by itself, when it likes. */
export type Answer = (response: ServerResponse) => Promise<void> | void;

/**
 * What a server holds: the content of a file by its path, what answers in its place, or the folder of all files below a
 * path that ends in `/`.
 */
export type Site = Readonly<Record<string, string | Uint8Array | Answer | {readonly folder: string}>>;

export interface SiteOptions {
  /** Whether the page is cross-origin isolated. */
  readonly isolated?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server for one visit. It emits 'posted' with what the page sends back. */
export interface PageServer {
  readonly server: Server;
  readonly address: string;
  /** The paths that were asked for. */
  readonly requests: string[];
}

/** Serves a site on a free port of this machine. */
export async function serveSite(site: Site, {isolated = false, headers = {}}: SiteOptions): Promise<PageServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const {pathname} = new URL(request.url!, 'http://localhost');
    const answer = async () => {
      if (pathname === '/posted') {
        server.emit('posted', JSON.parse(await text(request)));
        response.end();
        return;
      }
      requests.push(pathname);
      const own = site[pathname];
      if (typeof own === 'function') {
        await own(response);
        return;
      }
      const body = await contentOf(site, pathname);
      const type = TYPES[extname(pathname)] ?? 'text/html';
      response.writeHead(200, {'Content-Type': type, ...(isolated && ISOLATION), ...headers}).end(body);
    };
    answer().catch((error: unknown) => response.writeHead(404).end(String(error)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const {port} = server.address() as AddressInfo;
  return {server, address: `http://127.0.0.1:${port}`, requests};
}

async function contentOf(site: Site, path: string): Promise<string | Uint8Array> {
  const file = site[path];
  if (typeof file === 'string' || file instanceof Uint8Array) return file;
  const at = Object.keys(site).find(key => key.endsWith('/') && key.length > 1 && path.startsWith(key));
  const holder = at === undefined ? undefined : site[at];
  if (typeof holder !== 'object' || !('folder' in holder)) throw new Error(`There is no ${path}`);
  return readFile(join(holder.folder, path.slice(at!.length)));
}
