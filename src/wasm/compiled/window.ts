import type {backend_util} from '@tensorflow/tfjs-core';
import type {CompiledKernels} from './compiled-kernels.js';

/** Tells the compiled kernels which window the next of them moves over which images. */
export function describeWindow(kernels: CompiledKernels, info: backend_util.Conv2DInfo): void {
  kernels.describeWindow(
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.outChannels,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.padInfo.top,
    info.padInfo.left,
  );
}
