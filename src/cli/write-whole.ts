import {pathToFileURL} from 'node:url';
import {bytesFile} from '../wire/places/bytes-file.js';

/** Writes a file under another name, and renames it: at each moment the old or the new one is there, whole. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await bytesFile(pathToFileURL(path)).save(new TextEncoder().encode(text));
}
