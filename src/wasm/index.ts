/**
 * Completes the wasm backend of tf.js for training, and starts the fastest backend. Useful without any pruning.
 *
 * @module tfjs-pruning/wasm
 */

export type {WasmKernels} from './backend/kernel-builds.js';
export {completeWasmBackend, type CompleteWasmBackendArgs} from './complete-wasm-backend.js';
export {useFastestBackend, type FastestBackend, type FastestBackendArgs} from './fastest-backend.js';
export {files, type FilesHandler} from '../files/files.js';
export {registerFileUrls} from './file-urls.js';
export {FusedAdam} from './adam/fused-adam.js';
export {startWasm, type StartedWasm, type StartWasmArgs} from './start-wasm.js';
export type {WasmBuild, WasmFile, WasmPaths} from './start/wasm-paths.js';
