import {ByteReader} from './bytes.js';
import {CompressedFileError} from './compressed-file-error.js';
import {isCompressed, SIGNATURE, VERSION} from './signature.js';

/** A part of a file, in bytes from its beginning. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/** What a file begins with. */
export interface Head {
  /** How many bytes the text has when it is decoded. */
  readonly textBytes: number;
  /** How many bytes a row of a kernel takes at most. */
  readonly rowBytes: number;
  readonly text: Part;
  readonly numbers: Part;
  readonly small: Part;
  readonly smallOutline: Part;
  readonly outline: Part;
  readonly kernels: Part;
  /** How many bytes the file has, with its checksum. */
  readonly end: number;
}

/** A head has at most so many bytes. */
export const HEAD_BYTES = SIGNATURE.length + 1 + 8 * 5;
export const CHECKSUM_BYTES = 4;

const PARTS = ['text', 'numbers', 'outline of small levels', 'small levels', 'outline of kernels', 'kernels'];
const MOST_BYTES = 2 ** 28;
/** A bit of text takes at least 1 / 2000 of a bit. */
const TEXT_A_BYTE = 2048;

/** Reads the head. @throws CompressedFileError if it is none, or of a later version. */
export function readHead(bytes: Uint8Array): Head {
  const reader = new ByteReader(bytes);
  const signature = reader.bytes('the signature', SIGNATURE.length);
  if (!isCompressed(signature)) {
    throw new CompressedFileError(`it begins with the bytes ${[...signature].join(' ')}${hint(signature)}`);
  }
  const [version] = reader.bytes('the version', 1) as unknown as [number];
  if (version !== VERSION) {
    throw new CompressedFileError(
      `its format has version ${version}, and this is version ${VERSION}; update the package`,
    );
  }
  const length = (what: string) => reader.number(`the length of ${what}`, MOST_BYTES);
  const textBytes = length('the text');
  const lengths = PARTS.map(part => length(`the ${part}`));
  const rowBytes = length('a row');
  let at = reader.position;
  const [text, numbers, smallOutline, small, outline, kernels] = lengths.map((size): Part => ({
    start: at,
    end: (at += size),
  })) as [Part, Part, Part, Part, Part, Part];
  if (textBytes > TEXT_A_BYTE * (text.end - text.start)) throw new CompressedFileError('its text is too long');
  return {textBytes, rowBytes, text, numbers, smallOutline, small, outline, kernels, end: at + CHECKSUM_BYTES};
}

/** What else it may be. */
function hint([first, second]: Uint8Array): string {
  if (first === 0x7b) return ', like a model.json; load it without `compressed`';
  if (first === 0x1f && second === 0x8b) return ', like gzip; it is sent without a Content-Encoding';
  if (first === 0x3c) return ', like a page of HTML; is this the right URL?';
  return '';
}
