const ALIGNMENT = 64;

/** What is written once into the memory, behind the values: weights, tables, programs. */
export class FixedMemory {
  readonly #parts: {readonly address: number; readonly bytes: Uint8Array}[] = [];
  #end: number;

  constructor(start: number) {
    this.#end = start;
  }

  /** The first address behind everything. */
  get end(): number {
    return this.#end;
  }

  /** Puts an array somewhere, and returns its address. */
  put(array: ArrayBufferView): number {
    const address = this.room(array.byteLength);
    this.putAt(address, array);
    return address;
  }

  /** Puts an array where there is room for it. */
  putAt(address: number, {buffer, byteOffset, byteLength}: ArrayBufferView): void {
    this.#parts.push({address, bytes: new Uint8Array(buffer, byteOffset, byteLength)});
  }

  /** Keeps room for what a kernel notes down. */
  room(bytes: number): number {
    const address = this.#end;
    this.#end = Math.ceil((address + bytes) / ALIGNMENT) * ALIGNMENT;
    return address;
  }

  writeTo(memory: ArrayBuffer): void {
    const all = new Uint8Array(memory);
    for (const {address, bytes} of this.#parts) all.set(bytes, address);
  }
}
