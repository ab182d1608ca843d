import {builtinIfThere} from '../files/builtin.js';

/** How many bytes gzip makes of these, at its usual level. */
export async function gzippedBytes(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(stream).arrayBuffer()).byteLength;
}

/** How many bytes brotli makes of these, at a level from 0 to 11, in another thread; null where there is no Node. */
export async function brotliBytes(bytes: Uint8Array, level: number): Promise<number | null> {
  const zlib = builtinIfThere('node:zlib');
  if (!zlib) return null;
  const params = {[zlib.constants.BROTLI_PARAM_QUALITY]: level};
  return new Promise((resolve, reject) => {
    zlib.brotliCompress(bytes, {params}, (error, packed) => (error ? reject(error) : resolve(packed.length)));
  });
}
