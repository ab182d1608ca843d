export {compressed, type CompressedArgs, type LayerNames} from './compressed.js';
export {CompressedFileError} from './format/compressed-file-error.js';
export type {BytesSource, BytesStore} from './places/bytes-store.js';
