/** Compressed files that lie, each with a checksum that is right. */
import {encodeText} from '../../src/wire/coder/coded-text.js';
import {ByteWriter} from '../../src/wire/format/bytes.js';
import {CompressedFileError} from '../../src/wire/format/compressed-file-error.js';
import {CHECKSUM_BYTES, readHead} from '../../src/wire/format/head.js';
import {SIGNATURE, VERSION} from '../../src/wire/format/signature.js';
import {randomNumbers} from '../../src/math/random-numbers.js';
import {readPieces} from './read-pieces.js';
import {BYTES, FILE, sealed} from './small-file.js';

const HEAD = readHead(BYTES);
const NAMES = ['text', 'numbers', 'smallOutline', 'small', 'outline', 'kernels'] as const;
/** The text of the small file. */
export const TEXT = JSON.stringify({
  ...FILE.model,
  weights: [
    ['conv/kernel', [2, 2, 1, 3], 'grid', -40],
    ['conv/bias', [3], 'float32'],
    ['dense/kernel', [3, 2], 'codebook', 3, 1],
    ['dense/other', [4, 2], 'grid', -40, 1],
    ['dense/bias', [2], 'float16'],
    ['count', [], 'int32'],
    ['flags', [2], 'bool'],
    ['nothing', [0, 4], 'grid', 0],
  ],
});

/** What a file is made of, as it was or altered. */
export interface Made {
  readonly parts: Record<(typeof NAMES)[number], Uint8Array>;
  readonly textBytes: number;
  readonly rowBytes: number;
  /** What the head says of the lengths of the parts; by default the truth. */
  readonly lengths?: readonly number[];
}

const partOf = (name: (typeof NAMES)[number]) => BYTES.slice(HEAD[name].start, HEAD[name].end);
/** As it was. */
export const TRUE: Made = {
  parts: Object.fromEntries(NAMES.map(name => [name, partOf(name)])) as Made['parts'],
  textBytes: HEAD.textBytes,
  rowBytes: HEAD.rowBytes,
};

/** Its checksum is right. */
export function fileOf({
  parts,
  textBytes,
  rowBytes,
  lengths = NAMES.map(name => parts[name].length),
}: Made): Uint8Array {
  const writer = new ByteWriter();
  writer.bytes(SIGNATURE);
  writer.bytes(Uint8Array.of(VERSION));
  for (const number of [textBytes, ...lengths, rowBytes]) writer.number(number);
  for (const name of NAMES) writer.bytes(parts[name]);
  writer.bytes(new Uint8Array(CHECKSUM_BYTES));
  return sealed(writer.finish());
}

/** The same file with another text. */
export function fileWith(text: string): Uint8Array {
  const textBytes = new TextEncoder().encode(text).length;
  return fileOf({...TRUE, parts: {...TRUE.parts, text: encodeText(text)}, textBytes});
}

/** Whole numbers below so many, by a seed. */
function dice(seed: number): (below: number) => number {
  const numbers = randomNumbers(64, `fuzz ${seed}`);
  let thrown = 0;
  return below => Math.floor(numbers[thrown++ % numbers.length]! * below);
}

type Dice = ReturnType<typeof dice>;

const SIZES = [0, 1, 2, 7, 255, 4096, 65_535, 2 ** 20, 2 ** 27, 2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 40, 2 ** 53];
const STRANGE = [...SIZES, -1, 0.5, 1e308, '', 'grid', 'codebook', 'float32', 'bool', null, true, [], {}, [[]], [2, 2]];

/** Some bytes of one part, or its end cut off. */
function alteredPart(roll: Dice): Uint8Array {
  const name = NAMES[roll(NAMES.length)]!;
  let part = TRUE.parts[name].slice();
  for (let i = roll(4); i >= 0; i--) if (part.length > 0) part[roll(part.length)] = roll(256);
  if (roll(4) === 0) part = part.slice(0, roll(part.length + 1));
  if (roll(4) === 0) part = Uint8Array.of(...part, ...Array.from({length: roll(60)}, () => roll(256)));
  return fileOf({...TRUE, parts: {...TRUE.parts, [name]: part}});
}

/** A head that lies. */
function alteredHead(roll: Dice): Uint8Array {
  const lengths = NAMES.map(name => TRUE.parts[name].length);
  const numbers = [HEAD.textBytes, ...lengths, HEAD.rowBytes];
  const at = roll(numbers.length);
  numbers[at] = roll(2) ? SIZES[roll(SIZES.length)]! : numbers[at]! + roll(7);
  if (roll(2) && at > 0 && at < 7) numbers[1 + roll(6)] = roll(300);
  return fileOf({...TRUE, textBytes: numbers[0]!, lengths: numbers.slice(1, -1), rowBytes: numbers.at(-1)!});
}

/** A text that lies: one value of it is another. */
function alteredText(roll: Dice): Uint8Array {
  const places: [holder: Record<string, unknown>, key: string][] = [];
  const json = JSON.parse(TEXT) as {weights: unknown};
  const walk = (holder: Record<string, unknown>) => {
    for (const [key, value] of Object.entries(holder)) {
      places.push([holder, key]);
      if (typeof value === 'object' && value !== null) walk(value as Record<string, unknown>);
    }
  };
  walk({weights: json.weights});
  for (let i = roll(2); i >= 0; i--) {
    const [holder, key] = places[roll(places.length)]!;
    if (roll(6) === 0) Reflect.deleteProperty(holder, key);
    else holder[key] = STRANGE[roll(STRANGE.length)];
  }
  return fileWith(JSON.stringify(json));
}

/** Bytes anywhere. */
function alteredBytes(roll: Dice): Uint8Array {
  const bytes = BYTES.slice();
  for (let i = roll(6); i >= 0; i--) bytes[roll(bytes.length - CHECKSUM_BYTES)] = roll(256);
  return sealed(bytes);
}

const WAYS = [alteredPart, alteredHead, alteredText, alteredBytes];

/** What came of reading such files. */
export interface Fuzzed {
  readonly refused: number;
  /** What else was thrown than a CompressedFileError, and by which file. */
  readonly wrong: readonly string[];
  /** Milliseconds of the processor that the slowest file took. */
  readonly slowest: number;
}

/** Reads so many files, each at once or in pieces. */
export async function readFuzzed(count: number): Promise<Fuzzed> {
  let [refused, slowest] = [0, 0];
  const wrong: string[] = [];
  for (let seed = 0; seed < count; seed++) {
    const roll = dice(seed);
    const bytes = WAYS[seed % WAYS.length]!(roll);
    const begin = process.cpuUsage();
    try {
      await readPieces(bytes, roll(4) ? Infinity : Math.max(1, roll(bytes.length)));
    } catch (error) {
      refused++;
      if (!(error instanceof CompressedFileError)) wrong.push(`file ${seed}: ${String(error)}`);
    }
    slowest = Math.max(slowest, process.cpuUsage(begin).user / 1000);
  }
  return {refused, wrong, slowest};
}
