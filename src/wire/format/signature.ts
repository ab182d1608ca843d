/** 'tfpr', which every compressed model begins with, and the version of the format. */
export const SIGNATURE = Uint8Array.of(0x74, 0x66, 0x70, 0x72);

/** The version that is written, and the last that can be read. */
export const VERSION = 1;

/** Whether bytes begin as a compressed model. */
export function isCompressed(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}
