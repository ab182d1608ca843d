import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {extname, join, normalize} from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

/** As strict as a page can be that runs WebAssembly. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:";

/** Serves a folder as any server of files does, below `/in/a/folder/`. */
export async function serveFolder(folder: string): Promise<{server: Server; address: string}> {
  const base = '/in/a/folder/';
  const server = createServer((request, response) => {
    const {pathname} = new URL(request.url!, 'http://localhost');
    const name = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    const notFound = () => response.writeHead(404).end();
    if (!name.startsWith(base)) return void notFound();
    readFile(join(folder, normalize(name.slice(base.length - 1)))).then(content => {
      const type = TYPES[extname(name)] ?? 'application/octet-stream';
      response.writeHead(200, {'Content-Type': type, 'Content-Security-Policy': POLICY}).end(content);
    }, notFound);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`};
}
