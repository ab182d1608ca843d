import {isPlainObject, received} from '../../options/expect.js';
import {option} from '../../options/option.js';

/** The files of the wasm backend: one for each build. */
export const WASM_FILES = {
  plain: 'tfjs-backend-wasm.wasm',
  simd: 'tfjs-backend-wasm-simd.wasm',
  'simd-threaded': 'tfjs-backend-wasm-threaded-simd.wasm',
} as const;

/** A build of the wasm backend: for any machine, for one with SIMD, and for several threads besides. */
export type WasmBuild = keyof typeof WASM_FILES;

/** The name of a file of the wasm backend. */
export type WasmFile = (typeof WASM_FILES)[WasmBuild];

/** Where the files of the wasm backend are served: their folder, or the URL of each. */
export type WasmPaths = string | URL | Readonly<Record<WasmFile, string | URL>>;

const FILES: readonly WasmFile[] = Object.values(WASM_FILES);

/** The option `paths`. */
export const wasmPaths = option<WasmPaths, undefined>((name, paths) => {
  if (isUrl(paths)) return paths;
  const wrong = isPlainObject(paths) ? FILES.filter(file => !isUrl((paths as Partial<typeof paths>)[file])) : FILES;
  const unknown = isPlainObject(paths) ? Object.keys(paths).filter(key => !FILES.includes(key as WasmFile)) : [];
  if (wrong.length === 0 && unknown.length === 0) return paths;
  const got = isPlainObject(paths) ? `one with ${Object.keys(paths).join(', ') || 'nothing'}` : received(paths);
  throw new TypeError(
    `Expected \`${name}\` to be the URL of a folder, or an object with a URL for each of ${FILES.join(', ')}, ` +
      `got ${got}`,
  );
}, undefined);

/** The URL of each file. */
export function urlsOf(paths: WasmPaths): Record<WasmFile, string> {
  const urlOf = (file: WasmFile) => (isUrl(paths) ? inFolder(String(paths), file) : String(paths[file]));
  return Object.fromEntries(FILES.map(file => [file, urlOf(file)])) as Record<WasmFile, string>;
}

function inFolder(folder: string, file: WasmFile): string {
  return `${folder.replace(/\/*$/, '')}/${file}`;
}

function isUrl(value: unknown): value is string | URL {
  return (typeof value === 'string' && value !== '') || value instanceof URL;
}
