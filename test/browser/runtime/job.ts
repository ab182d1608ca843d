/** What a page, or a worker, does with a compressed model: compiles it, and runs it without tf.js. */
import {compile, type MachineKind} from 'tfjs-pruning/runtime';

/** What came of it. */
export interface Job {
  readonly machine: MachineKind;
  readonly outputs: readonly number[];
  readonly crossOriginIsolated: boolean;
}

/** The browser: as it is, without the fused products of relaxed SIMD, or with the limits of one before version 115. */
export type Browser = 'new' | 'without relaxed SIMD' | 'old';

export async function job(browser: Browser): Promise<Job> {
  if (browser === 'without relaxed SIMD') WebAssembly.validate = () => false;
  if (browser === 'old') refuseLargeModules();
  const fast = await compile('/model.tfpr');
  const [outputs] = [fast.run(fast.inputShapes.map(shape => inputOf(shape as number[])))].flat();
  return {machine: fast.report().machine, outputs: [...outputs!], crossOriginIsolated};
}

/** The same numbers each time: whole ones, as for words, where the input is a list. */
export function inputOf(shape: readonly number[]): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  return Float32Array.from({length: size}, (_, i) => (shape.length === 1 ? i % 7 : Math.sin(i)));
}

/** Chromium before version 115 refuses, in a page, to compile or to start modules of more than 4 kB at once. */
function refuseLargeModules(): void {
  const large = new WeakSet<WebAssembly.Module>();
  const {compile: compileModule, Instance, Module} = WebAssembly;
  WebAssembly.compile = async bytes => {
    const module = await compileModule(bytes);
    if (bytes.byteLength > 4096) large.add(module);
    return module;
  };
  WebAssembly.Module = new Proxy(Module, {
    construct(target, [bytes]: [BufferSource]) {
      if (bytes.byteLength > 4096) throw new RangeError('WebAssembly.Compile is disallowed on the main thread');
      return new target(bytes);
    },
  });
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, [module, imports]: [WebAssembly.Module, WebAssembly.Imports]) {
      if (large.has(module)) throw new RangeError('WebAssembly.Instance is disallowed on the main thread');
      return new target(module, imports);
    },
  });
}
