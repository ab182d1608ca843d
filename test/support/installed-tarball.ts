import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';

const ROOT = join(__dirname, '../..');
const D3 = ['array', 'color', 'format', 'interpolate', 'path', 'scale', 'shape', 'time', 'time-format'];
/** All but tfjs-node, which some machines have. */
const TENSORFLOW = readdirSync(join(ROOT, 'node_modules/@tensorflow')).filter(name => name !== 'tfjs-node');
const PACKAGES = [
  ...TENSORFLOW.map(name => `@tensorflow/${name}`),
  'lodash',
  'long',
  'seedrandom',
  'internmap',
  'fflate',
  ...D3.map(name => `d3-${name}`),
];

/** A new project with the packed tarball, beside packages of the repository that it needs. Returns its folder. */
export function projectWithTarball(packages: readonly string[] = PACKAGES): string {
  if (!existsSync(join(ROOT, 'dist/cjs/package.json')))
    throw new Error('Expected a build in dist; run `npm run build`');
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tfjs-pruning-package-')));
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {cwd: ROOT, stdio: 'ignore'});
  const installed = join(folder, 'node_modules/tfjs-pruning');
  mkdirSync(installed, {recursive: true});
  const [tarball] = readdirSync(folder).filter(name => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', tarball!, '-C', installed, '--strip-components=1'], {cwd: folder});
  for (const name of packages) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), {recursive: true});
    symlinkSync(join(ROOT, 'node_modules', name), link);
  }
  return folder;
}
