import {at, codeBit, EVEN, fill, HALF, update, within} from './bits';

const MODELLED = 12;
const LIMIT = 60;

/** Decodes numbers of so many bits, as coder/number-model.ts does, to words at `to`. The tree of 16 kB is at `tree`. */
export function decodeNumbers(count: i32, bits: i32, tree: usize, to: usize): void {
  fill(tree, 1 << MODELLED, HALF << 10);
  for (let i = 0; i < count; i++) store<u32>(at(to, i), decodeNumber(bits, tree));
}

function decodeNumber(bits: i32, tree: usize): u32 {
  let coded: u32 = 0;
  let node = 1;
  for (let bit = 0; bit < bits; bit++) {
    let one: i32;
    if (node < 1 << MODELLED) {
      const counter = at(tree, node);
      one = codeBit(within(load<i32>(counter) >>> 16, 64));
      update(counter, one, LIMIT);
      node = 2 * node + one;
    } else {
      one = codeBit(EVEN);
    }
    coded = (coded << 1) | one;
  }
  return coded;
}
