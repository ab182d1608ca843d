import type {ModelFiles} from '../protocol.js';
import {create} from './element.js';

/** Offers the two files of a model for download. */
export function downloadFiles({json, weights, weightsName}: ModelFiles): void {
  download(new Blob([json], {type: 'application/json'}), weightsName.replace('.weights.bin', '.json'));
  download(new Blob([weights], {type: 'application/octet-stream'}), weightsName);
}

function download(content: Blob, name: string): void {
  const href = URL.createObjectURL(content);
  create('a', {href, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
