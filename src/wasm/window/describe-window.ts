import type {backend_util} from '@tensorflow/tfjs-core';
import type {CompiledKernels} from '../backend/kernel-binary.js';

/** Describes the window and the images for the compiled kernel that is called next. */
export function describeWindow(compiled: CompiledKernels, info: backend_util.Conv2DInfo): void {
  compiled.describeWindow(
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
