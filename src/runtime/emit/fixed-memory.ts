const [ALIGNMENT, PAGE] = [64, 65_536];

/** What is written once into the memory, behind the values: weights, tables, programs. */
export class FixedMemory {
  readonly #parts: {readonly address: number; readonly bytes: Uint8Array}[] = [];
  readonly #memory: WebAssembly.Memory | undefined;
  #end: number;

  /** @param memory where it is written at once, and which grows; without, it is kept until `writeTo`. */
  constructor(start: number, memory?: WebAssembly.Memory) {
    [this.#end, this.#memory] = [start, memory];
  }

  /** The first address behind everything. */
  get end(): number {
    return this.#end;
  }

  /** Puts a copy of an array somewhere, and returns its address. */
  put(array: ArrayBufferView): number {
    const address = this.room(array.byteLength);
    this.putAt(address, array);
    return address;
  }

  /** Puts a copy of an array where there is room for it. */
  putAt(address: number, {buffer, byteOffset, byteLength}: ArrayBufferView): void {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    if (!this.#memory) {
      this.#parts.push({address, bytes: bytes.slice()});
      return;
    }
    reach(this.#memory, Math.max(this.#end, address + byteLength));
    new Uint8Array(this.#memory.buffer, address).set(bytes);
  }

  /** Keeps room for what a kernel notes down: zeros, even if something was written behind the end before. */
  room(bytes: number): number {
    const address = this.#end;
    this.#end = Math.ceil((address + bytes) / ALIGNMENT) * ALIGNMENT;
    if (this.#memory) {
      reach(this.#memory, this.#end);
      new Uint8Array(this.#memory.buffer, address, this.#end - address).fill(0);
    }
    return address;
  }

  writeTo(memory: ArrayBuffer): void {
    const all = new Uint8Array(memory);
    for (const {address, bytes} of this.#parts) all.set(bytes, address);
  }
}

/** Makes a memory go on up to an address. */
export function reach(memory: WebAssembly.Memory, end: number): void {
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}
