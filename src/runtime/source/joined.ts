/** Arrays of bytes as one. */
export function joined(buffers: readonly (ArrayBuffer | Uint8Array)[]): Uint8Array {
  const all = new Uint8Array(buffers.reduce((sum, {byteLength}) => sum + byteLength, 0));
  let at = 0;
  for (const buffer of buffers) {
    all.set(buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer), at);
    at += buffer.byteLength;
  }
  return all;
}
