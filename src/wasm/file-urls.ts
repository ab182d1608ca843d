import {io} from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../math/expect.js';

const SCHEME = 'file://';
const WEIGHTS_FILE = 'weights.bin';
let registered = false;

type Router = Parameters<typeof io.registerSaveRouter>[0];

/** What is used of Node's `fs/promises`: declared here, so that the library needs no types of Node. */
interface FileSystem {
  mkdir(folder: string, options: {recursive: true}): Promise<unknown>;
  readFile(file: string): Promise<Uint8Array>;
  writeFile(file: string, content: string | Uint8Array): Promise<void>;
}

/**
 * Makes `file://` URLs work in Node without `@tensorflow/tfjs-node`, in the same format and under the same names:
 * `model.save('file://./folder')` writes `model.json` and `weights.bin`, `tf.loadLayersModel('file://./folder/model.json')`
 * reads them. Does nothing in a browser, and steps
 * back where `@tensorflow/tfjs-node` handles such URLs. `useFastestBackend` calls it.
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
  io.registerSaveRouter(unlessOthers(io.getSaveHandlers, folder => ({save: artifacts => save(folder, artifacts)})));
  io.registerLoadRouter(unlessOthers(io.getLoadHandlers, file => ({load: () => load(file)})));
}

/** A router that steps back where another one handles the URL: tf.js refuses a URL that two of them claim. */
function unlessOthers(handlersOf: (url: string) => io.IOHandler[], handlerOf: (path: string) => io.IOHandler): Router {
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
    return others.length > 0 ? (null as never) : handlerOf(url.slice(SCHEME.length));
  };
}

async function save(folder: string, artifacts: io.ModelArtifacts): Promise<io.SaveResult> {
  if (folder === '') throw new TypeError(`Expected the path of a folder after ${SCHEME}, got nothing`);
  const fs = await fileSystem();
  const {weightData, weightSpecs, ...topology} = artifacts;
  const weights = io.CompositeArrayBuffer.join(weightData ?? new ArrayBuffer(0));
  const weightsManifest = [{paths: [`./${WEIGHTS_FILE}`], weights: weightSpecs ?? []}];
  await fs.mkdir(folder, {recursive: true});
  await fs.writeFile(`${folder}/${WEIGHTS_FILE}`, new Uint8Array(weights));
  await fs.writeFile(`${folder}/model.json`, JSON.stringify({...topology, weightsManifest}));
  return {modelArtifactsInfo: io.getModelArtifactsInfoForJSON({...artifacts, weightData: weights})};
}

async function load(file: string): Promise<io.ModelArtifacts> {
  const fs = await fileSystem();
  const json = parse(file, new TextDecoder().decode(await fs.readFile(file)));
  return io.getModelArtifactsForJSON(json, async manifest => {
    const folder = file.replace(/[^\\/]*$/, '');
    const contents = await Promise.all(manifest.flatMap(({paths}) => paths).map(path => fs.readFile(folder + path)));
    const specs = manifest.flatMap(({weights}) => weights);
    const data = io.CompositeArrayBuffer.join(contents.map(content => new Uint8Array(content).buffer));
    return [specs, data];
  });
}

function parse(file: string, text: string): io.ModelJSON {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new TypeError(`Expected ${file} to be the model.json of a saved model, but it is no JSON`, {cause});
  }
  const {modelTopology, weightsManifest} = (json ?? {}) as Partial<io.ModelJSON>;
  if (modelTopology === undefined || !Array.isArray(weightsManifest)) {
    throw new TypeError(
      `Expected ${file} to be the model.json of a saved model, but it has no topology or no weights manifest`,
    );
  }
  return json as io.ModelJSON;
}

/** Not a literal, so that no bundler looks for a module that browsers do not have. */
async function fileSystem(): Promise<FileSystem> {
  const name = 'node:fs/promises';
  return (await import(name)) as FileSystem;
}
