import {builtin} from './builtin.js';
import {statusOf} from './plain-file.js';
import {received} from '../options/expect.js';

const SCHEME = 'file://';

/**
 * The path that a user names by a path, by a `file://` URL, or by a URL object. The second one, if there is one, is
 * what the text of a URL may have meant before percent signs had a meaning in it: a folder that is really called
 * `a%20b`.
 *
 * @throws TypeError for what is none.
 */
export function pathsOf(place: string | URL): readonly [path: string, ...literal: string[]] {
  if (isUrl(place)) return [pathOfUrl(place)];
  if (typeof place !== 'string' || place === '') throw notAPlace(place);
  if (place.includes('\0')) throw new TypeError(`Expected a path without zero bytes, got ${received(place)}`);
  if (place.toLowerCase().startsWith(SCHEME)) return pathsOfText(place);
  if (/^[a-z][\w+.-]+:\/\//i.test(place)) throw notAPlace(place);
  return [place];
}

/** A URL object, of any realm. */
function isUrl(place: string | URL): place is URL {
  return typeof (Object(place) as {href?: unknown}).href === 'string';
}

function notAPlace(place: unknown): TypeError {
  return new TypeError(
    `Expected the path of a folder, of the model.json in it, or a file:// URL, got ${received(place)}; ` +
      'hand other URLs to `model.save` and `tf.loadLayersModel` themselves',
  );
}

function pathOfUrl(url: URL): string {
  if (url.protocol !== 'file:') throw notAPlace(url.href);
  try {
    return builtin('node:url').fileURLToPath(url);
  } catch (cause) {
    throw new TypeError(`Expected the URL of a file on this machine, got "${url.href}": ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * Unlike in a URL object, `#` and `?` are letters of a name and `file://./x` and `file://x` are relative, as tf.js has
 * it.
 */
function pathsOfText(url: string): readonly [string, ...string[]] {
  const literal = withoutRoot(url.slice(SCHEME.length).replace(/^localhost(?=\/)/i, ''));
  if (literal === '') throw new TypeError(`Expected the path of a folder after ${SCHEME}, got nothing`);
  if (/%2f|%5c|%00/i.test(literal)) {
    throw new TypeError(`Expected a URL without encoded slashes and zero bytes (%2F, %5C, %00), got "${url}"`);
  }
  const decoded = decodedIfPossible(literal);
  return decoded === literal ? [literal] : [decoded, literal];
}

/** `/C:/folder`, as it comes in URLs, is `C:/folder` to Windows. */
function withoutRoot(path: string): string {
  return builtin('node:process').platform === 'win32' ? path.replace(/^\/(?=[a-z]:)/i, '') : path;
}

/** A percent sign that begins no code is one. */
function decodedIfPossible(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The folder of a model, which may be named by its model.json.
 *
 * @throws TypeError for another .json: a model is several files, and model.json is the name of the first.
 */
export async function folderOf(path: string): Promise<string> {
  const {basename, dirname} = builtin('node:path');
  if (!/\.json$/i.test(path) || (await statusOf(path))?.isDirectory()) return path;
  if (basename(path) === 'model.json') return dirname(path);
  throw new TypeError(
    `Expected the path of a folder, which gets a model.json and a file of weights, got "${path}"; leave .json out`,
  );
}
