import * as tf from '@tensorflow/tfjs-core';

/** The backend in use, as far as the bits of results depend on it. */
export async function backendName(): Promise<string> {
  const name = tf.getBackend();
  const build = name === 'wasm' ? ` (${(await wasmBuild()).join(', ')})` : '';
  return `${name}${build} of tf.js ${tf.version_core}`;
}

async function wasmBuild(): Promise<string[]> {
  const flags = {SIMD: 'WASM_HAS_SIMD_SUPPORT', threads: 'WASM_HAS_MULTITHREAD_SUPPORT'};
  const build = await Promise.all(
    Object.entries(flags).map(
      async ([feature, flag]) => `${(await tf.env().getAsync(flag)) === true ? '' : 'no '}${feature}`,
    ),
  );
  // the stock wasm backend has no such kernel
  const isCompleted = tf.getKernel('Conv2DBackpropFilter', 'wasm') as tf.KernelConfig | undefined;
  return [...build, isCompleted ? `completed with ${String(tf.env().get('WASM_KERNELS'))} kernels` : 'not completed'];
}
