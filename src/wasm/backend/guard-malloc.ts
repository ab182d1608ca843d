import {unsigned} from './heap.js';
import type {WasmBackend} from './wasm-backend.js';

const guarded = new WeakSet<(bytes: number) => number>();

/**
 * Makes allocation throw when the heap is exhausted (its limit is 4 GB), and return addresses above 2 GB as positive
 * numbers. The stock backend takes the address 0 that `_malloc` returns for a valid one and silently overwrites the
 * bottom of the heap.
 */
export function guardMalloc({wasm}: WasmBackend): void {
  if (guarded.has(wasm._malloc)) return;
  // Emscripten's `_malloc` is a stub that replaces itself with the real one at its first call.
  wasm._free(wasm._malloc(1));
  const malloc = wasm._malloc;
  wasm._malloc = bytes => {
    const address = unsigned(malloc(bytes));
    if (address === 0) throw new RangeError(exhausted(bytes, wasm.HEAPU8.length));
    return address;
  };
  guarded.add(wasm._malloc);
}

function exhausted(bytes: number, heap: number): string {
  return (
    `The wasm heap is exhausted: ${bytes} bytes were asked for, the heap holds ${heap} and cannot grow enough ` +
    '(its limit is 4 GB). Use smaller batches, or dispose tensors (tf.tidy, tf.dispose).'
  );
}
