import {addProduct} from '../../runtime/kernels/assembly/lanes';

/** Bytes of a number. */
export const FLOAT: usize = 4;

/** Writes `count` zeros. */
export function clear(to: usize, count: i32): void {
  memory.fill(to, 0, <usize>count * FLOAT);
}

/** Copies `count` numbers, for runs too short to be worth a call of memory.copy. */
export function copy(to: usize, from: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  for (; i < count; i++) {
    store<f32>(to, load<f32>(from));
    to += FLOAT;
    from += FLOAT;
  }
}

/** `to += from`, for `count` numbers. */
export function add(to: usize, from: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    to += 16;
    from += 16;
  }
  for (; i < count; i++) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    to += FLOAT;
    from += FLOAT;
  }
}

/** `to += from * factor`, number by number, for `count` numbers. */
export function addProducts(to: usize, from: usize, factor: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(to, addProduct(v128.load(from), v128.load(factor), v128.load(to)));
    to += 16;
    from += 16;
    factor += 16;
  }
  for (; i < count; i++) {
    store<f32>(to, load<f32>(to) + load<f32>(from) * load<f32>(factor));
    to += FLOAT;
    from += FLOAT;
    factor += FLOAT;
  }
}
