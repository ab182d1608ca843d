import {join} from 'node:path';
import type {Site} from './page-server.js';

/** The files of the wasm backend, as a page is served them. */
export const WASM: Site = {
  '/wasm/': {folder: join(__dirname, '../../node_modules/@tensorflow/tfjs-backend-wasm/dist')},
};

/** A page that is one script. */
export function siteOf(script: string): Site {
  return {'/': '<!doctype html><script type="module" src="/page.js"></script>', '/page.js': script, ...WASM};
}
