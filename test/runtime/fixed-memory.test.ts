import {FixedMemory} from '../../src/runtime/emit/fixed-memory.js';

test('room is zeros, whatever was written behind the end before', () => {
  const memory = new WebAssembly.Memory({initial: 1});
  const fixed = new FixedMemory(64, memory);
  fixed.putAt(fixed.end, Uint8Array.of(1, 2, 3));
  const address = fixed.room(100);
  expect(address).toBe(64);
  expect(new Uint8Array(memory.buffer, address, 128).every(byte => byte === 0)).toBe(true);
  fixed.put(Uint8Array.of(7));
  expect(new Uint8Array(memory.buffer)[192]).toBe(7);
});

test('room may be larger than the memory is', () => {
  const memory = new WebAssembly.Memory({initial: 1});
  const fixed = new FixedMemory(0, memory);
  fixed.room(200_000);
  expect(memory.buffer.byteLength).toBeGreaterThanOrEqual(200_000);
});
