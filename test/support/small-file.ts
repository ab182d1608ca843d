import {checksum} from '../../src/wire/format/checksum.js';
import type {ModelFile} from '../../src/wire/format/model-file.js';

/** A small model with a weight of each coding. */
export const FILE: ModelFile = {
  model: {modelTopology: {class_name: 'Sequential', config: {names: ['ä', '☃']}}},
  weights: [
    {
      name: 'conv/kernel',
      shape: [2, 2, 1, 3],
      coding: 'grid',
      levels: Int16Array.of(1, 0, -3, 0, 0, 2, 0, 7, 0, 0, 0, -1),
      exponents: Int16Array.of(-40, -38, -41),
    },
    {name: 'conv/bias', shape: [3], coding: 'float32', values: Float32Array.of(0.1, -0, NaN)},
    {
      name: 'dense/kernel',
      shape: [3, 2],
      coding: 'codebook',
      levels: Int16Array.of(-1, 0, 1, 0, 0, 0),
      codebook: Float32Array.of(-0.7, 0, 0.3),
      zero: 1,
    },
    {
      name: 'dense/other',
      shape: [4, 2],
      coding: 'grid',
      levels: Int16Array.of(300, 0, -25, 0, 0, 0, 0, 1),
      exponents: Int16Array.of(-40),
    },
    {name: 'dense/bias', shape: [2], coding: 'float16', values: Float32Array.of(0.5, -65_504)},
    {name: 'count', shape: [], coding: 'int32', values: Int32Array.of(-7)},
    {name: 'flags', shape: [2], coding: 'bool', values: Uint8Array.of(1, 0)},
    {name: 'nothing', shape: [0, 4], coding: 'grid', levels: new Int16Array(0), exponents: Int16Array.of(0, 0, 0, 0)},
  ],
};

/** Its file, as the first version wrote it. */
export const BYTES = Uint8Array.from(
  Buffer.from(
    'dGZwcgHFAmoqEgUKDwMkRIfo0UUa6rlU+Kjya3cpX9pCvNs4dc7sICUZqOrgSqiy76DA9cFYYPC8VaR1Hyj5LW1oYwuN2XciPMXy' +
      '1C8il93NowETtJD2r74da6nMBNrlK7VG97reIp7mRgnNriIxLy0WLr2djTvowjKzMiqq///VRsp/6rbMzNJ////8DrVKYx9auxAA' +
      'AAAMW////jv//M+AbgAEAQEAAAABAQAAAAEBAAAAUaBObXB4Bf8BAQACAAACXxgY766piJ4k3ldXSrNkbbHDmA==',
    'base64',
  ),
);

/** Bytes of a file, with a checksum that is right. */
export function sealed(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - 4;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(end, checksum(bytes.subarray(0, end)), true);
  return bytes;
}
