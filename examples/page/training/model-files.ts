import {io} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {ModelFiles} from '../protocol.js';

/** The files of a model, as `model.save('downloads://NAME')` writes them; that call needs a page. */
export async function modelFiles(model: LayersModel, name: string): Promise<ModelFiles> {
  let saved: io.ModelArtifacts = {};
  await model.save(
    io.withSaveHandler(artifacts => {
      saved = artifacts;
      return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
    }),
  );
  const {modelTopology, weightSpecs, format, generatedBy, convertedBy} = saved;
  const weightsName = `${name}.weights.bin`;
  const weightsManifest = [{paths: [`./${weightsName}`], weights: weightSpecs}];
  const json = JSON.stringify({modelTopology, format, generatedBy, convertedBy, weightsManifest});
  return {json, weightsName, weights: io.CompositeArrayBuffer.join(saved.weightData)};
}

/** How many bytes are downloaded, by a server that compresses. */
export async function gzippedBytes({json, weights}: ModelFiles): Promise<number> {
  const sizes = await Promise.all([json, weights].map(gzippedSize));
  return sizes[0]! + sizes[1]!;
}

async function gzippedSize(content: BlobPart): Promise<number> {
  const gzipped = new Blob([content]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(gzipped).arrayBuffer()).byteLength;
}
