const FIRST = '%'.charCodeAt(0);
const [BACKSLASH, BACKTICK] = ['\\'.charCodeAt(0), '`'.charCodeAt(0)];
/** Characters in use: from the first to `~`, but for the two above. */
const CHARACTERS = 88;
/** So many stand for a byte each; the last two begin pairs. */
const SINGLE = 86;
const SHIFT = 8;

/**
 * The bytes of an embedded binary. Each is one character of ASCII, or two, such that gzip makes as little of them as of
 * the bytes; base64 and hex, which spread bytes over several characters or cut them in half, gzip worse.
 *
 *     byte = place - 8                        place < 86
 *     byte = 86 + 88 (place - 86) + next - 8  otherwise, modulo 256
 *
 * The place of a character is counted from `%` on, without the backslash and the backtick.
 */
export function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  let [count, base] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const place = code - FIRST - Number(code > BACKSLASH) - Number(code > BACKTICK);
    if (base === 0 && place >= SINGLE) {
      base = SINGLE + CHARACTERS * (place - SINGLE);
    } else {
      bytes[count++] = base + place - SHIFT;
      base = 0;
    }
  }
  return bytes.slice(0, count);
}
