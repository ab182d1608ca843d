/** What models that were saved in the middle of training may hold, so that they load: it is registered on import. */
import '../gates/bernoulli.js';
import '../gates/continuous-sparsification.js';
import '../gates/differentiable-pruning.js';
import '../gates/dynamic-threshold.js';
import '../gates/edge-popup.js';
import '../gates/gated-layer.js';
import '../gates/hard-concrete.js';
import '../gates/scale-gates.js';
import '../gates/soft-threshold.js';
import '../gates/tap-attention.js';
import '../layers/kinds.js';
import '../parametrizations/cluster-weights.js';
import '../parametrizations/quantization-aware.js';
import '../penalties/regularizers.js';
import '../wasm/adam/fused-adam.js';
