import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {serveSite, type Site, type SiteOptions} from './page-server.js';

const LIMIT_SECONDS = 240;

// No sandbox: with one, Chromium refuses to be started by root, as whom CI often runs. WebGL is computed by the CPU.
const FLAGS = (
  '--headless --no-sandbox --use-angle=swiftshader --enable-unsafe-swiftshader --disable-dev-shm-usage ' +
  '--enable-logging=stderr --disable-quic --no-first-run --disable-background-networking ' +
  '--disable-component-update --disable-sync'
).split(' ');

/** What a page posted, and what it asked the server for. */
export interface Visit<Result> {
  readonly result: Result;
  readonly requests: readonly string[];
}

type Message<Result> = {result: Result} | {error: string};

export interface VisitOptions extends SiteOptions {
  /** A folder for what is downloaded. */
  readonly downloads?: string;
}

/** Opens a page of a site in the Chromium of CHROME_PATH and waits for its result; throws what the page threw. */
export async function visit<Result>(site: Site, path = '/', options: VisitOptions = {}): Promise<Visit<Result>> {
  const {server, address, requests} = await serveSite(site, options);
  const profile = mkdtempSync(join(tmpdir(), 'tfjs-pruning-browser-'));
  if (options.downloads !== undefined) downloadTo(profile, options.downloads);
  const chromium = spawn(process.env['CHROME_PATH']!, [...FLAGS, `--user-data-dir=${profile}`, address + path], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let said = '';
  chromium.stderr.on('data', (text: Buffer) => (said += text.toString()));
  let limit: NodeJS.Timeout | undefined;
  try {
    const message = await new Promise<Message<Result>>((resolve, reject) => {
      const fail = (reason: string) => reject(new Error(`${reason}. Chromium said:\n${said.slice(-2000)}`));
      server.once('posted', resolve);
      chromium.once('error', error => fail(error.message));
      chromium.once('exit', code => fail(`Chromium ended (exit ${code}) before the page had a result`));
      limit = setTimeout(() => fail(`The page had no result within ${LIMIT_SECONDS} s`), LIMIT_SECONDS * 1000);
    });
    if ('error' in message) throw new Error(`The page failed: ${message.error}`);
    return {result: message.result, requests};
  } finally {
    clearTimeout(limit);
    await stop(chromium);
    server.close();
    server.closeAllConnections();
    rmSync(profile, {recursive: true, force: true, maxRetries: 10});
  }
}

function downloadTo(profile: string, folder: string): void {
  const preferences = {download: {default_directory: folder, prompt_for_download: false}};
  mkdirSync(join(profile, 'Default'));
  writeFileSync(join(profile, 'Default/Preferences'), JSON.stringify(preferences));
}

/** Ends Chromium with all its processes, which are a group of their own. */
async function stop(chromium: ChildProcess): Promise<void> {
  if (chromium.pid === undefined || chromium.exitCode !== null || chromium.signalCode !== null) return;
  const ended = once(chromium, 'close');
  process.kill(-chromium.pid, 'SIGKILL');
  await ended;
}
