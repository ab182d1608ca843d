import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {projectWithTarball} from '../support/installed-tarball.js';

let project: string;
beforeAll(() => {
  project = projectWithTarball();
});

/** Throws where anything of a page is touched, even if only to see whether it is there. */
const TRAPS = `
  for (const name of ['window', 'document', 'navigator', 'location']) {
    Object.defineProperty(globalThis, name, {configurable: true, get() {
      if (new Error().stack.split('\\n')[2].includes('tfjs-pruning/')) throw new Error('touched ' + name);
    }});
  }`;

const ENTRIES = ['', '/callbacks', '/runtime', '/schedules', '/wasm', '/wire'].map(entry => `tfjs-pruning${entry}`);

test.each(ENTRIES)('%s is imported on a server without touching what only pages have', path => {
  writeFileSync(join(project, 'server.mjs'), `${TRAPS}; await import('${path}'); console.log('imported');`);
  const said = execFileSync(process.execPath, ['server.mjs'], {cwd: project, encoding: 'utf8', stdio: 'pipe'});
  expect(said.trim().split('\n').at(-1)).toBe('imported');
});
