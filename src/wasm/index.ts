export {completeWasmBackend} from './complete-wasm-backend.js';
export {useFastestBackend, type FastestBackend, type FastestBackendArgs} from './fastest-backend.js';
export {registerFileUrls} from './file-urls.js';
export {FusedAdam} from './fused-adam.js';
