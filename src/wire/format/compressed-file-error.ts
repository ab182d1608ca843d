/** Why a compressed file can't be read: it is truncated, altered, of another format or of a later version. */
export class CompressedFileError extends Error {
  override readonly name = 'CompressedFileError';

  constructor(reason: string) {
    super(`This is no compressed model that can be read: ${reason}`);
  }
}
