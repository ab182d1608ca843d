import {afterBit, counters, HALF, logitOf} from './counter.js';
import {squash} from './logistic.js';
import {Mixer} from './mixer.js';
import type {BitCoder} from './range-coder.js';

/** How many bytes each table looks back. */
const ORDERS = [1, 2, 3, 4, 6];
const TABLE_BITS = 14;
const LIMIT = 255;
const START = 14_000;
const [LEAST, MOST] = [32, 65504];
/** Bytes that must agree before what followed them is believed; and how many lengths of it are told apart. */
const SHORTEST_MATCH = 5;
const LENGTHS = 16;

/** How likely each bit of a text is, by the bytes before it: orders 1 to 6, and what followed the same bytes before. */
export class TextModel {
  readonly #tables = ORDERS.map(() => counters(1 << TABLE_BITS, HALF, 0));
  readonly #bases = new Int32Array(ORDERS.length);
  readonly #places = new Int32Array(ORDERS.length);
  readonly #matches = counters(LENGTHS, HALF, 0);
  readonly #mixer = new Mixer([...ORDERS.map(() => START), START], LENGTHS, 14);
  readonly #logits = new Int32Array(ORDERS.length + 1);
  readonly #seen: number[] = [];
  readonly #last = new Map<number, number>();
  /** Where what is expected was seen, and how many bytes before it agree. */
  #match = 0;
  #length = 0;

  /** A model that has seen the same. */
  copy(): TextModel {
    const copy = new TextModel();
    for (const [i, table] of this.#tables.entries()) copy.#tables[i]!.set(table);
    copy.#matches.set(this.#matches);
    copy.#mixer.learnFrom(this.#mixer);
    for (const byte of this.#seen) copy.#seen.push(byte);
    for (const [hash, place] of this.#last) copy.#last.set(hash, place);
    copy.#match = this.#match;
    copy.#length = this.#length;
    return copy;
  }

  /** Codes a byte, most significant bit first. */
  code(coder: BitCoder, byte: number): number {
    this.#lookBack();
    let node = 1;
    while (node < 256) node = 2 * node + this.#codeBit(coder, node, byte);
    this.#remember(node & 255);
    return node & 255;
  }

  /** `node` is 1 and the bits of the byte so far. */
  #codeBit(coder: BitCoder, node: number, byte: number): number {
    const depth = 31 - Math.clz32(node);
    const expected = this.#expectedBit(node, depth);
    const logits = this.#logits;
    for (let i = 0; i < ORDERS.length; i++) {
      this.#places[i] = Math.imul(this.#bases[i]! + node, 0x2c1b3c6d) >>> (32 - TABLE_BITS);
      logits[i] = logitOf(this.#tables[i]![this.#places[i]!]!);
    }
    const length = expected < 0 ? 0 : Math.min(this.#length, LENGTHS - 1);
    const belief = expected < 0 ? 0 : logitOf(this.#matches[length]!);
    logits[ORDERS.length] = expected === 0 ? -belief : belief;
    const chance = squash(this.#mixer.mix(length, logits));
    const bit = coder.code((byte >> (7 - depth)) & 1, Math.min(MOST, Math.max(LEAST, chance)));
    this.#mixer.learn(length, logits, (bit << 16) - chance);
    for (let i = 0; i < ORDERS.length; i++) {
      const place = this.#places[i]!;
      this.#tables[i]![place] = afterBit(this.#tables[i]![place]!, bit, LIMIT);
    }
    if (expected >= 0) this.#matches[length] = afterBit(this.#matches[length]!, bit === expected ? 1 : 0, LIMIT);
    return bit;
  }

  /** The bit that followed the same bytes, or -1. */
  #expectedBit(node: number, depth: number): number {
    if (this.#length === 0) return -1;
    const byte = this.#seen[this.#match]! | 256;
    return byte >> (8 - depth) === node ? (byte >> (7 - depth)) & 1 : -1;
  }

  #lookBack(): void {
    const seen = this.#seen;
    for (let i = 0, hash = 0, back = 0; i < ORDERS.length; i++) {
      for (; back < ORDERS[i]!; back++) hash = Math.imul(hash + (seen[seen.length - 1 - back] ?? 0) + 1, 0x2f0b4c47);
      this.#bases[i] = Math.imul(hash + i, 0x9e3779b1);
    }
  }

  #remember(byte: number): void {
    const seen = this.#seen;
    const agrees = this.#length > 0 && seen[this.#match] === byte;
    seen.push(byte);
    this.#match++;
    this.#length = agrees ? this.#length + 1 : 0;
    if (seen.length < SHORTEST_MATCH) return;
    let hash = 0;
    for (let i = 1; i <= SHORTEST_MATCH; i++) hash = (Math.imul(hash, 0x01000193) + seen[seen.length - i]!) | 0;
    const before = this.#last.get(hash);
    this.#last.set(hash, seen.length);
    if (this.#length > 0 || before === undefined) return;
    this.#match = before;
    this.#length = SHORTEST_MATCH;
  }
}
