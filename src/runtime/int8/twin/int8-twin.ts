import {runTwin} from '../../twin/twin.js';
import {FIRST_INT8_KERNEL, INT8_KERNELS, type Int8KernelName} from '../int8-kernel-names.js';
import {Bytes} from './bytes.js';
import {dequantize, quantize} from './conversions.js';
import {denseVector, depthwise, quads, sparseVector} from './products.js';
import {fill, fillGaps, poolAllWords, poolWords, sum} from './words.js';

type Kernel = (bytes: Bytes, at: number) => void;

const OTHERS: Readonly<Partial<Record<Int8KernelName, Kernel>>> = {
  denseVector,
  sparseVector,
  depthwise,
  quantize,
  dequantize,
  sum,
  fill,
  fillGaps,
  poolWords,
  poolAllWords,
};

/** The kernels of bytes in plain JavaScript: the same numbers as in WebAssembly. Those of floats run as ever. */
export function runInt8Twin(memory: ArrayBuffer, begin: number, end: number): void {
  const bytes = new Bytes(memory);
  for (let at = begin; at < end; at += bytes.number(at + 4)) {
    const kernel = bytes.number(at) - FIRST_INT8_KERNEL;
    if (kernel < 0) {
      runTwin(memory, at, at + bytes.number(at + 4));
      continue;
    }
    const name = INT8_KERNELS[kernel]!;
    const other = OTHERS[name];
    if (other) other(bytes, at);
    else quads(bytes, at, Number(/^quads(\d)/.exec(name)![1]));
  }
}
