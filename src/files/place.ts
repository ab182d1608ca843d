import {builtin} from './builtin.js';
import {statusOf} from './plain-file.js';
import {received} from '../options/expect.js';

const SCHEME = 'file://';

/**
 * The path of a place: a path, a `file://` URL, or a URL object. If there is a second path, it is the URL with its
 * percent codes not decoded, as in older versions: a folder that is really called `a%20b`.
 *
 * @param kind what the path should lead to, for messages.
 * @throws TypeError if it is none of these.
 */
export function pathsOf(
  place: string | URL,
  kind: 'folder' | 'file' = 'folder',
): readonly [path: string, ...literal: string[]] {
  if (isUrl(place)) return [pathOfUrl(place, kind)];
  if (typeof place !== 'string' || place === '') throw notAPlace(place, kind);
  if (place.includes('\0')) throw new TypeError(`Expected a path without zero bytes, got ${received(place)}`);
  if (place.toLowerCase().startsWith(SCHEME)) return pathsOfText(place, kind);
  if (/^[a-z][\w+.-]+:\/\//i.test(place)) throw notAPlace(place, kind);
  return [place];
}

/** Whether a place is a URL object, of any realm. */
function isUrl(place: string | URL): place is URL {
  return typeof (Object(place) as {href?: unknown}).href === 'string';
}

function notAPlace(place: unknown, kind: 'folder' | 'file'): TypeError {
  if (kind === 'file') return new TypeError(`Expected the path of a file, or a file:// URL, got ${received(place)}`);
  return new TypeError(
    `Expected the path of a folder, of the model.json in it, or a file:// URL, got ${received(place)}; ` +
      'pass other URLs to `model.save` and `tf.loadLayersModel` directly',
  );
}

function pathOfUrl(url: URL, kind: 'folder' | 'file'): string {
  if (url.protocol !== 'file:') throw notAPlace(url.href, kind);
  try {
    return builtin('node:url').fileURLToPath(url);
  } catch (cause) {
    throw new TypeError(`Expected the URL of a file on this machine, got "${url.href}": ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * Unlike in a URL object, `#` and `?` are part of a name, and `file://./x` and `file://x` are relative, as in tf.js.
 */
function pathsOfText(url: string, kind: 'folder' | 'file'): readonly [string, ...string[]] {
  const literal = withoutRoot(url.slice(SCHEME.length).replace(/^localhost(?=\/)/i, ''));
  if (literal === '') throw new TypeError(`Expected the path of a ${kind} after ${SCHEME}, got nothing`);
  if (/%2f|%5c|%00/i.test(literal)) {
    throw new TypeError(`Expected a URL without encoded slashes and zero bytes (%2F, %5C, %00), got "${url}"`);
  }
  const decoded = decodedIfPossible(literal);
  return decoded === literal ? [literal] : [decoded, literal];
}

/** Turns `/C:/folder` of a URL into `C:/folder` for Windows. */
function withoutRoot(path: string): string {
  return builtin('node:process').platform === 'win32' ? path.replace(/^\/(?=[a-z]:)/i, '') : path;
}

/** Decodes percent codes; a percent sign without a code is kept. */
function decodedIfPossible(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The folder of a model, given as the folder or as its model.json.
 *
 * @throws TypeError for another .json file: a model has several files, and the first is model.json.
 */
export async function folderOf(path: string): Promise<string> {
  const {basename, dirname} = builtin('node:path');
  if (!/\.json$/i.test(path) || (await statusOf(path))?.isDirectory()) return path;
  if (basename(path) === 'model.json') return dirname(path);
  throw new TypeError(`Expected the path of a folder for model.json and its weights, got "${path}"; omit .json`);
}
