// The kernels that work in place in the memory of tfjs's wasm backend. Addresses are byte offsets into it.

export {adamStep} from './adam';
export {batchNormGrad, normalize} from './batch-norm';
export {clipGrad} from './clip';
export {conv2dFilterGrad, conv2dFilterGradScratch, conv2dInputGrad, conv2dInputGradScratch} from './conv2d';
export {depthwiseFilterGrad, depthwiseInputGrad} from './depthwise';
export {matMul, matMulScratch} from './mat-mul';
export {maxPoolGrad} from './max-pool';
export {reluGrad} from './relu';
export {segmentSum} from './segment-sum';
export {softmaxGrad} from './softmax';
export {spreadMiddle, sumMiddle} from './sums';
export {describeWindow} from './window';
