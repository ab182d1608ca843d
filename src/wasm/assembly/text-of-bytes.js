const [FIRST, BACKSLASH, BACKTICK] = ['%', '\\', '`'].map(character => character.charCodeAt(0));
const [CHARACTERS, SINGLE, SHIFT] = [88, 86, 8];

/** The text of an embedded binary: what src/math/bytes-of-text.ts reads. */
export function textOfBytes(bytes) {
  return Array.from(bytes, byte => {
    const place = (byte + SHIFT) & 255;
    if (place < SINGLE) return characterAt(place);
    const rest = place - SINGLE;
    return characterAt(SINGLE + Math.floor(rest / CHARACTERS)) + characterAt(rest % CHARACTERS);
  }).join('');
}

function characterAt(place) {
  const code = FIRST + place;
  return String.fromCharCode(code + Number(code >= BACKSLASH) + Number(code >= BACKTICK - 1));
}
