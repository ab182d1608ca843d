/** The bytes that are written as pairs of hexadecimal digits, with white space anywhere between them. */
export function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/\S\S/g)!, byte => parseInt(byte, 16));
}
