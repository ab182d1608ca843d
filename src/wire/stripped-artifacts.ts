import {io} from '@tensorflow/tfjs-core';
import {loadLayersModel} from '@tensorflow/tfjs-layers';
import {stripPruning} from '../layers/strip-pruning.js';
import {assign, constraintOf, disposeWholly, type Model} from '../tfjs-internals.js';

/** What a save handler is given when a model is stripped and saved. */
export async function strippedArtifacts(model: Model): Promise<io.ModelArtifacts> {
  const plain = stripPruning(model);
  let artifacts: io.ModelArtifacts | undefined;
  const handler = io.withSaveHandler(given => {
    artifacts = given;
    return Promise.resolve({modelArtifactsInfo: io.getModelArtifactsInfoForJSON(given)});
  });
  try {
    await plain.save(handler);
  } finally {
    disposeWholly(plain);
  }
  return artifacts!;
}

/** The same, of a wrapped model that a save handler was given. */
export async function strippedOf(wrapped: io.ModelArtifacts): Promise<io.ModelArtifacts> {
  const model = await loadLayersModel(io.fromMemory(wrapped));
  try {
    undoConstraints(model, wrapped);
    return await strippedArtifacts(model);
  } finally {
    disposeWholly(model);
  }
}

/** tf.js applies constraints to weights that it loads. */
function undoConstraints(model: Model, {weightData, weightSpecs}: io.ModelArtifacts): void {
  const constrained = model.weights.filter(constraintOf);
  if (constrained.length === 0) return;
  const saved = io.decodeWeights(weightData!, weightSpecs!);
  for (const variable of constrained) assign(variable, saved[variable.originalName]!);
  for (const tensor of Object.values(saved)) tensor.dispose();
}
