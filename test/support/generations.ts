import {readdirSync} from 'node:fs';
import type {io} from '@tensorflow/tfjs-core';

/** Something to be saved whose weights and metadata tell the same number, if it is whole. */
export function generation(number: number, values = 1000): io.ModelArtifacts {
  return {
    modelTopology: {},
    weightSpecs: [{name: 'w', shape: [values], dtype: 'float32'}],
    weightData: new Float32Array(values).fill(number).buffer,
    userDefinedMetadata: {number},
  };
}

/** The number of what was loaded; NaN where two are mixed. */
export function numberOf({weightData, userDefinedMetadata}: io.ModelArtifacts): number {
  const {number} = userDefinedMetadata as {number: number};
  return new Float32Array(weightData as ArrayBuffer).every(value => value === number) ? number : NaN;
}

/** The names in a folder, what is random in them replaced. */
export function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .map(name => name.replace(/\.[0-9a-f]{12}\./, '.*.'))
    .sort();
}
