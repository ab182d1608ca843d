import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const ROOT = join(__dirname, '../..');
const PEERS = ['@tensorflow', 'lodash', 'long', 'seedrandom'];

/** A new project in which the packed tarball is installed, beside the repository's own peers. Returns its folder. */
export function projectWithTarball(): string {
  if (!existsSync(join(ROOT, 'dist/cjs/package.json')))
    throw new Error('Expected a build in dist; run `npm run build`');
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tfjs-pruning-package-')));
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {cwd: ROOT, stdio: 'ignore'});
  const installed = join(folder, 'node_modules/tfjs-pruning');
  mkdirSync(installed, {recursive: true});
  const [tarball] = readdirSync(folder).filter(name => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', tarball!, '-C', installed, '--strip-components=1'], {cwd: folder});
  for (const name of PEERS) symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  return folder;
}
