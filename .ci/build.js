/** Builds `dist`: ES modules, CommonJS, the command, and bundles for pages: `npm run build`. */
import {execFileSync} from 'node:child_process';
import {chmodSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';

const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const TO_COMMONJS =
  '--module commonjs --moduleResolution bundler --verbatimModuleSyntax false --esModuleInterop --outDir dist/cjs ' +
  '--sourceMap false --declarationMap false';

const tsc = (config, args = '') => run(TSC, '-p', config, ...args.split(' ').filter(Boolean));

rmSync('dist', {recursive: true, force: true});
// What pages load sees no types of Node; studies and the command run in Node alone.
for (const config of ['tsconfig.build.json', 'tsconfig.study.json']) {
  tsc(config);
  tsc(config, TO_COMMONJS);
}
tsc('tsconfig.cli.json');
chmodSync('dist/esm/src/cli/main.js', 0o755); // npm does that on install, but not in a clone
writeFileSync('dist/cjs/package.json', '{"type":"commonjs"}\n');
run('.ci/bundles-for-pages.js');

function run(...args) {
  execFileSync(process.execPath, args, {stdio: 'inherit'});
}
