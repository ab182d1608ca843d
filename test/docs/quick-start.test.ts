import {execFileSync} from 'node:child_process';
import {copyFileSync, existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {projectWithTarball} from '../support/installed-tarball.js';

test('the quick start for Node runs as it stands where the package is installed', () => {
  const folder = projectWithTarball();
  copyFileSync('examples/quick-start/node.mjs', join(folder, 'node.mjs'));
  const printed = execFileSync(process.execPath, ['node.mjs'], {cwd: folder, encoding: 'utf8'});
  expect(printed).toMatch(/^epoch 15\/15 .* acc 0\.9\d+ .* sparsity 0\.9/m);
  expect(printed).toMatch(/^total .* 1,901 +90\.0%/m);
  expect(existsSync(join(folder, 'pruned/weights.bin'))).toBe(true);
  expect(readFileSync(join(folder, 'pruned/model.json'), 'utf8')).not.toContain('Prunable');
});
