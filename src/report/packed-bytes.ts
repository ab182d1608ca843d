import {builtinIfThere} from '../files/builtin.js';

/** How many bytes gzip makes of these, at its usual level. */
export async function gzippedBytes(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(stream).arrayBuffer()).byteLength;
}

/** How many bytes brotli makes of these, at its highest level; null where there is no Node. */
export function brotliBytes(bytes: Uint8Array): number | null {
  return builtinIfThere('node:zlib')?.brotliCompressSync(bytes).length ?? null;
}
