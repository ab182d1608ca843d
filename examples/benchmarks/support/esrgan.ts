import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import * as tf from '@tensorflow/tfjs';

/** What `pngjs` gives: four bytes a pixel. */
interface Png {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const {resolve} = createRequire(import.meta.url);

/**
 * ESRGAN Slim x2 as published: a residual dense network (https://arxiv.org/abs/1802.08797) of 222 k parameters, from
 * pictures `[n, height, width, 3]` in [0, 255] to pictures of twice the height and width.
 */
export async function esrganSlim(): Promise<tf.LayersModel> {
  return tf.loadLayersModel(pathToFileURL(join(packageFolder(), 'models/x2/model.json')).href);
}

/** The photograph that comes with the model, `[1, 128, 128, 3]` in [0, 255]. */
export function photograph(): tf.Tensor4D {
  return pictureIn('assets/fixture.png');
}

/** What the model makes of it according to its authors, `[1, 256, 256, 3]`. */
export function publishedSample(): tf.Tensor4D {
  return pictureIn('assets/samples/2x/result.png');
}

function pictureIn(path: string): tf.Tensor4D {
  const file = readFileSync(join(packageFolder(), path));
  const {PNG} = createRequire(import.meta.url)('pngjs') as {PNG: {sync: {read(file: Uint8Array): Png}}};
  const {width, height, data} = PNG.sync.read(file);
  return tf.tidy(() => {
    const withAlpha = tf.tensor4d(Float32Array.from(data), [1, height, width, 4]);
    return tf.slice(withAlpha, 0, [1, height, width, 3]);
  });
}

/** The folder of the package, whose `exports` name no file but its entries, in `dist/cjs/models/esrgan-slim/src`. */
function packageFolder(): string {
  try {
    resolve('pngjs');
    return join(dirname(resolve('@upscalerjs/esrgan-slim')), '../../../../..');
  } catch (cause) {
    const install = 'npm install --no-save --legacy-peer-deps @upscalerjs/esrgan-slim pngjs';
    throw new Error(`This needs ESRGAN Slim, and pngjs for its photograph: ${install}`, {cause});
  }
}
