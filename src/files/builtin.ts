/** The parts of Node in use, declared here so that the library needs no types of Node. */
export interface FileSystem {
  readonly constants: {readonly O_RDONLY: number; readonly O_NONBLOCK?: number; readonly O_NOFOLLOW?: number};
  readonly access: (file: string, mode: number) => Promise<void>;
  readonly link: (file: string, name: string) => Promise<void>;
  readonly lstat: (file: string) => Promise<FileStatus>;
  readonly mkdir: (folder: string, options: {recursive: true}) => Promise<unknown>;
  open(file: string, flags: string | number): Promise<OpenFile>;
  readonly readdir: (folder: string) => Promise<string[]>;
  readonly realpath: (file: string) => Promise<string>;
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly rmdir: (folder: string) => Promise<void>;
  readonly stat: (file: string) => Promise<FileStatus>;
  readonly unlink: (file: string) => Promise<void>;
}

export interface FileStatus {
  readonly size: number;
  readonly mtimeMs: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

export interface OpenFile {
  read(into: Uint8Array, options: {offset: number; length: number; position: number}): Promise<{bytesRead: number}>;
  stat(): Promise<FileStatus>;
  sync(): Promise<void>;
  writeFile(content: Uint8Array | string): Promise<void>;
  close(): Promise<void>;
}

export interface Paths {
  readonly sep: string;
  readonly basename: (path: string) => string;
  readonly dirname: (path: string) => string;
  readonly isAbsolute: (path: string) => boolean;
  readonly join: (...parts: string[]) => string;
  readonly relative: (from: string, to: string) => string;
  readonly resolve: (path: string) => string;
}

export interface Hash {
  update(content: Uint8Array | string): Hash;
  digest(encoding: 'hex'): string;
}

export interface NodeProcess {
  readonly pid: number;
  readonly platform: string;
  kill(pid: number, signal: 0): void;
}

export interface Brotli {
  readonly constants: {readonly BROTLI_PARAM_QUALITY: number};
  readonly brotliCompress: (
    content: Uint8Array,
    options: {readonly params: Readonly<Record<number, number>>},
    done: (error: Error | null, packed: Uint8Array) => void,
  ) => void;
}

interface Builtins {
  'node:crypto': {
    createHash(algorithm: 'sha256'): Hash;
    randomBytes(count: number): {toString(encoding: 'hex'): string};
  };
  'node:fs/promises': FileSystem;
  'node:module': {readonly createRequire: (file: string) => (name: string) => unknown};
  'node:os': {hostname(): string};
  'node:path': Paths;
  'node:process': NodeProcess;
  'node:url': {fileURLToPath(url: URL): string};
  'node:zlib': Brotli;
}

/**
 * A module of Node, loaded when it is used, without an `import` that a bundler would try to resolve for a browser.
 *
 * @throws TypeError if there is no such module.
 */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  const found = builtinIfThere(name);
  if (found) return found;
  throw new TypeError(
    'Expected Node 20.16 or later for files; in a browser use "indexeddb://name" or `tf.io.browserFiles`',
  );
}

/** The same, or undefined where there is no Node. */
export function builtinIfThere<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined {
  const {process} = globalThis as {process?: {getBuiltinModule?(name: Name): Builtins[Name] | undefined}};
  return process?.getBuiltinModule?.(name);
}
