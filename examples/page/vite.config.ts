import {join} from 'node:path';
import {defineConfig} from 'vite';
import {mnistFiles} from './mnist-files.js';

/** `vite build examples/page` makes `examples/page/dist/`: files that any server can serve, from any folder. */
export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [mnistFiles(join(import.meta.dirname, 'data'))],
  worker: {format: 'es'},
  build: {target: 'es2022', modulePreload: false, chunkSizeWarningLimit: 2000},
});
