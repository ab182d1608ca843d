/**
 * For mutation testing: tf.js with its wasm backend, lodash and fast-check are loaded once per process, outside of the
 * realms of the test files, which would take a second in each. Before each file they are put back as they were.
 */
const Module = require('node:module');
const path = require('node:path');
const esbuild = require('esbuild');

const root = path.join(__dirname, '../..');
const SHARED = /^(@tensorflow\/tfjs(-core|-layers|-backend-cpu|-backend-wasm|-converter|-data)?|lodash(\/.*)?)$/;
/** What bundles call `tfjs-pruning/wasm` (see mutation-bundle.cjs). */
const SHARED_WASM = 'shared-wasm';

// tf.js asks by `instanceof` for lists that come from the realm of a test file.
Object.defineProperty(Array, Symbol.hasInstance, {value: Array.isArray});

const tf = require('@tensorflow/tfjs');
const tfl = require('@tensorflow/tfjs-layers');
const wasm = compiled('src/wasm/index.ts');
const fc = require('./fewer-runs.cjs');

// tf.js takes metadata only if they are of its own realm.
const {setUserDefinedMetadata} = tfl.LayersModel.prototype;
tfl.LayersModel.prototype.setUserDefinedMetadata = function (metadata) {
  setUserDefinedMetadata.call(this, JSON.parse(JSON.stringify(metadata)));
};

const loading = wasm.useFastestBackend({among: ['wasm']});

/** What the test files share under a name, or undefined. */
function sharedModule(name) {
  if (name === SHARED_WASM) return wasm;
  if (name === 'fast-check') return fc;
  return SHARED.test(name) ? require(name) : undefined;
}

/** A file of the library as it is, with all that it imports from it. */
function compiled(file) {
  const {outputFiles} = esbuild.buildSync({
    entryPoints: [path.join(root, file)],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  const made = new Module(path.join(root, file));
  made.paths = module.paths;
  made._compile(outputFiles[0].text, path.join(root, file));
  return made.exports;
}

/** The objects of tf.js that the library and its tests change. */
function changedObjects() {
  const {classNameMap} = tf.serialization.SerializationMap.getMap();
  const layer = Object.values(classNameMap).map(([each]) => each);
  const classes = [...Object.values(tf), ...Object.values(tfl), ...layer].filter(each => typeof each === 'function');
  const prototypes = new Set(classes.flatMap(each => [each, ...chain(each.prototype)]));
  return [...prototypes, classNameMap, tf.io, tf.train, tf.layers, tf.losses, tf.metrics, tf.util, tf.data].filter(
    Boolean,
  );
}

function chain(object) {
  return object && object !== Object.prototype && object !== Function.prototype
    ? [object, ...chain(Object.getPrototypeOf(object))]
    : [];
}

let saved;
function save() {
  return new Map(changedObjects().map(object => [object, Object.getOwnPropertyDescriptors(object)]));
}

/** Puts the shared packages back as they were when they were loaded. */
async function restoreShared() {
  await loading;
  saved ??= save();
  for (const [object, before] of saved) restore(object, before);
  fc.resetConfigureGlobal();
  await tf.setBackend('wasm');
}

function restore(object, before) {
  for (const key of Reflect.ownKeys(object)) {
    if (!Object.hasOwn(before, key)) Reflect.deleteProperty(object, key);
  }
  for (const key of Reflect.ownKeys(before)) {
    const now = Object.getOwnPropertyDescriptor(object, key);
    const then = before[key];
    const same = now !== undefined && now.value === then.value && now.get === then.get && now.set === then.set;
    if (!same && (now === undefined || now.configurable || now.writable)) Object.defineProperty(object, key, then);
  }
}

module.exports = {SHARED_WASM, sharedModule, restoreShared};
