/** How the script of the threads begins: tf.js puts it together from the text of a function. */
const SCRIPT = 'var WasmBackendModuleThreadedSimd = ';

/** Declares each variable that the function misses, and begins again; it misses one before it has done anything. */
const MENDED = `;{
  const start = WasmBackendModuleThreadedSimd;
  WasmBackendModuleThreadedSimd = module => {
    for (;;) {
      try {
        return start(module);
      } catch (error) {
        const name = /^(?:Can't find variable: )?([\\w$]+)(?: is not defined)?$/.exec(error.message)?.[1];
        if (!(error instanceof ReferenceError) || name === undefined || name in self) throw error;
        self[name] = undefined;
      }
    }
  };
}`;

/**
 * Mends the script of the threads of the wasm backend, which fails in most minified bundles. The text of the function
 * holds `typeof _scriptDir !== 'undefined'`, which keeps the variable from being read where there is none, in the
 * threads. Minifiers see its declaration, make a plain comparison of it, and so the threads throw a ReferenceError.
 *
 * tf.js takes the script from no one, but makes a `Blob` of it: that class is replaced until it does.
 *
 * @returns what puts the class back, if the script was never made.
 */
export function mendThreads(): () => void {
  const {Blob} = globalThis;
  class MendingBlob extends Blob {
    constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
      const isScript = typeof parts[0] === 'string' && parts[0].startsWith(SCRIPT);
      super(isScript ? [...parts, MENDED] : parts, options);
      if (isScript) undo();
    }
  }
  const undo = () => {
    if (globalThis.Blob === MendingBlob) globalThis.Blob = Blob;
  };
  globalThis.Blob = MendingBlob;
  return undo;
}
