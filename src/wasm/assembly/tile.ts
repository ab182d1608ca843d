import {addProduct} from '../../runtime/kernels/assembly/lanes';

/** Rows and columns of the product computed at a time: as many as fit in the 16 vector registers of x64. */
export const TILE_ROWS: i32 = 6;
export const TILE_COLUMNS: i32 = 8;

/**
 * `out[i, j] = sum over k of left[k, i] right[k, j]`, a tile of 6 x 8 computed from packed panels (see pack.ts).
 * `inner` must be even. Keep tails and branches out: V8 holds the twelve sums in registers only if nothing else needs
 * one. A branch nearly halves the speed.
 */
export function multiplyTile(inner: i32, left: usize, right: usize, out: usize, outRow: usize): void {
  let sum00 = f32x4.splat(0);
  let sum01 = sum00;
  let sum10 = sum00;
  let sum11 = sum00;
  let sum20 = sum00;
  let sum21 = sum00;
  let sum30 = sum00;
  let sum31 = sum00;
  let sum40 = sum00;
  let sum41 = sum00;
  let sum50 = sum00;
  let sum51 = sum00;
  for (let k = 0; k < inner; k += 2) {
    let right0 = v128.load(right);
    let right1 = v128.load(right, 16);
    let value = v128.load32_splat(left);
    sum00 = addProduct(value, right0, sum00);
    sum01 = addProduct(value, right1, sum01);
    value = v128.load32_splat(left, 4);
    sum10 = addProduct(value, right0, sum10);
    sum11 = addProduct(value, right1, sum11);
    value = v128.load32_splat(left, 8);
    sum20 = addProduct(value, right0, sum20);
    sum21 = addProduct(value, right1, sum21);
    value = v128.load32_splat(left, 12);
    sum30 = addProduct(value, right0, sum30);
    sum31 = addProduct(value, right1, sum31);
    value = v128.load32_splat(left, 16);
    sum40 = addProduct(value, right0, sum40);
    sum41 = addProduct(value, right1, sum41);
    value = v128.load32_splat(left, 20);
    sum50 = addProduct(value, right0, sum50);
    sum51 = addProduct(value, right1, sum51);

    right0 = v128.load(right, 32);
    right1 = v128.load(right, 48);
    value = v128.load32_splat(left, 24);
    sum00 = addProduct(value, right0, sum00);
    sum01 = addProduct(value, right1, sum01);
    value = v128.load32_splat(left, 28);
    sum10 = addProduct(value, right0, sum10);
    sum11 = addProduct(value, right1, sum11);
    value = v128.load32_splat(left, 32);
    sum20 = addProduct(value, right0, sum20);
    sum21 = addProduct(value, right1, sum21);
    value = v128.load32_splat(left, 36);
    sum30 = addProduct(value, right0, sum30);
    sum31 = addProduct(value, right1, sum31);
    value = v128.load32_splat(left, 40);
    sum40 = addProduct(value, right0, sum40);
    sum41 = addProduct(value, right1, sum41);
    value = v128.load32_splat(left, 44);
    sum50 = addProduct(value, right0, sum50);
    sum51 = addProduct(value, right1, sum51);
    left += 48;
    right += 64;
  }
  v128.store(out, sum00);
  v128.store(out, sum01, 16);
  out += outRow;
  v128.store(out, sum10);
  v128.store(out, sum11, 16);
  out += outRow;
  v128.store(out, sum20);
  v128.store(out, sum21, 16);
  out += outRow;
  v128.store(out, sum30);
  v128.store(out, sum31, 16);
  out += outRow;
  v128.store(out, sum40);
  v128.store(out, sum41, 16);
  out += outRow;
  v128.store(out, sum50);
  v128.store(out, sum51, 16);
}
