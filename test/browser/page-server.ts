import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {basename, join} from 'node:path';
import {text} from 'node:stream/consumers';

const WASM_FOLDER = join(__dirname, '../../node_modules/@tensorflow/tfjs-backend-wasm/dist');

/** A page that is not isolated has no memory to share among threads; tfjs then takes the build for one thread. */
const ISOLATION = {'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp'};

/** A server for one page. It emits 'posted' with what the page sends back. */
export interface PageServer {
  readonly server: Server;
  readonly address: string;
  /** The names of the wasm files that were asked for. */
  readonly wasmFiles: string[];
}

/** Serves the page and the files of the wasm backend on a free port of this machine. */
export async function servePage(script: string, isolated: boolean): Promise<PageServer> {
  const wasmFiles: string[] = [];
  const contentOf: Record<string, () => [type: string, body: string]> = {
    '/': () => ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'],
    '/page.js': () => ['text/javascript', script],
  };
  const server = createServer((request, response) => {
    const {pathname} = new URL(request.url!, 'http://localhost');
    const send = (type: string, body: string | Uint8Array) => {
      response.writeHead(200, {'Content-Type': type, ...(isolated && ISOLATION)}).end(body);
    };
    const answer = async () => {
      if (pathname === '/posted') {
        server.emit('posted', JSON.parse(await text(request)));
        send('text/plain', '');
      } else if (pathname.startsWith('/wasm/')) {
        wasmFiles.push(basename(pathname));
        send('application/wasm', await readFile(join(WASM_FOLDER, basename(pathname))));
      } else if (contentOf[pathname]) {
        send(...contentOf[pathname]());
      } else {
        response.writeHead(404).end();
      }
    };
    answer().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const {port} = server.address() as AddressInfo;
  return {server, address: `http://127.0.0.1:${port}/`, wasmFiles};
}
