/**
 * `node build.js BUNDLER APP FOLDER` builds an app as for production, with the settings that the bundler has by itself,
 * and prints what it warned of, as JSON. (A process of its own: Jest can't load Vite.)
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as esbuild from 'esbuild';
import * as vite from 'vite';
import webpack from 'webpack';

const [bundler, app, folder] = process.argv.slice(2);

const HTML = '<!doctype html><meta charset="utf-8"><script type="module" src="./page.js"></script>';
const PAGES = ['page.js', 'worker.js'].map(name => join(app, name));

const BUNDLERS = {
  async vite() {
    const warnings = [];
    const warn = text => void warnings.push(text);
    const customLogger = {...vite.createLogger('silent'), warn, warnOnce: warn, error: warn};
    const build = {outDir: folder, emptyOutDir: true, chunkSizeWarningLimit: 1e6};
    await vite.build({root: app, base: './', configFile: false, customLogger, build, worker: {format: 'es'}});
    return warnings;
  },

  webpack: () => runWebpack({entry: PAGES[0], output: {path: folder, filename: 'page.js'}}),

  'webpack for Node': () =>
    runWebpack({
      target: 'node',
      entry: join(app, 'node.js'),
      output: {path: folder, filename: 'node.cjs'},
      optimization: {minimize: false},
    }),

  async esbuild() {
    const output = {outdir: folder, bundle: true, minify: true, format: 'esm', logLevel: 'silent', tsconfigRaw: {}};
    const {warnings} = await esbuild.build({entryPoints: PAGES, ...output});
    return warnings.map(({text}) => text);
  },
};

async function runWebpack(config) {
  const compiler = webpack({mode: 'production', performance: false, ...config});
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, done) => (error ? reject(error) : resolve(done)));
  });
  await new Promise(resolve => compiler.close(resolve));
  const {errors, warnings} = stats.toJson({all: false, errors: true, warnings: true});
  return [...errors, ...warnings].map(({message}) => message);
}

// Vite finds its page in the app, the others write it beside their bundle.
mkdirSync(folder, {recursive: true});
for (const place of [app, folder]) writeFileSync(join(place, 'index.html'), HTML);
console.log(JSON.stringify(await BUNDLERS[bundler]()));
