import type * as tf from '@tensorflow/tfjs';

/** A tensor as a .npy file of numpy. */
export function npyOf(tensor: tf.Tensor): Uint8Array {
  const shape = tensor.shape.map(size => `${size},`).join(' ');
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`;
  const text = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.alloc(2),
    Buffer.from(text, 'latin1'),
  ]);
  start.writeUInt16LE(text.length, 8);
  const values = Float32Array.from(tensor.dataSync());
  return Buffer.concat([start, Buffer.from(values.buffer)]);
}
