import {io} from '@tensorflow/tfjs-core';
import {files} from '../files/files.js';
import {expectNoArguments} from '../options/expect.js';

const SCHEME = 'file://';
let registered = false;

type Router = Parameters<typeof io.registerSaveRouter>[0];

/**
 * Makes `file://` URLs work in Node without `@tensorflow/tfjs-node`, through {@link files}:
 * `model.save('file://./folder')` and `tf.loadLayersModel('file://./folder')`, the latter also with `/model.json`
 * appended, as tfjs-node requires. Does nothing in a browser. If `@tensorflow/tfjs-node` is loaded, it still handles
 * these URLs, without the guarantees of `files`; call `files` yourself to have them. `useFastestBackend` calls this
 * function.
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

/** A router that declines URLs that another one handles: tf.js refuses a URL that two routers accept. */
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
