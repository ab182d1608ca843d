export {completeWasmBackend} from './complete-wasm-backend.js';
export {useFastestBackend} from './fastest-backend.js';
export type {FastestBackend} from './fastest-backend.js';
export {registerFileUrls} from './file-urls.js';
