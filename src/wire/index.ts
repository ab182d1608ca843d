/**
 * Small files: quantized weights that stock tf.js reads, and compressed ones, which are several times as small.
 *
 * @module tfjs-pruning/wire
 */
export {compressed, type CompressedArgs} from './compressed.js';
export {CompressedFileError} from './format/compressed-file-error.js';
export type {LayerNames} from './layer-names.js';
export type {BytesSource, BytesStore} from './places/bytes-store.js';
export {quantized, type QuantizedArgs} from './quantized.js';
