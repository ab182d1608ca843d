import {io} from '@tensorflow/tfjs-core';
import {files} from '../files/files.js';
import {expectNoArguments} from '../options/expect.js';

const SCHEME = 'file://';
let registered = false;

type Router = Parameters<typeof io.registerSaveRouter>[0];

/**
 * Makes `file://` URLs work in Node without `@tensorflow/tfjs-node`, by {@link files}: `model.save('file://./folder')`
 * and `tf.loadLayersModel('file://./folder')`, or with `/model.json` behind it, as tfjs-node has it. Does nothing in a
 * browser. Where `@tensorflow/tfjs-node` handles such URLs, it goes on to do so, without what `files` promises: use
 * that itself there. `useFastestBackend` calls this.
 *
 * @example
 * registerFileUrls();
 * await stripPruning(model).save('file://./pruned');
 */
export function registerFileUrls(...none: []): void {
  expectNoArguments('registerFileUrls', none);
  const {process} = globalThis as {process?: {versions?: {node?: string}}};
  if (registered || process?.versions?.node === undefined) return;
  registered = true;
  io.registerSaveRouter(unlessOthers(io.getSaveHandlers));
  io.registerLoadRouter(unlessOthers(io.getLoadHandlers));
}

/** A router that steps back where another one handles the URL: tf.js refuses a URL that two of them claim. */
function unlessOthers(handlersOf: (url: string) => io.IOHandler[]): Router {
  let asking = false;
  return url => {
    if (asking || typeof url !== 'string' || !url.startsWith(SCHEME)) return null as never;
    asking = true;
    let others: io.IOHandler[];
    try {
      others = handlersOf(url);
    } finally {
      asking = false;
    }
    return others.length > 0 ? (null as never) : files(url);
  };
}
