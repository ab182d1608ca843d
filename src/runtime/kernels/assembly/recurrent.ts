import {apply} from './functions';

/** Of the module of usual kernels. */
declare function run(at: usize, end: usize): void;

/**
 * A recurrent layer: for each image, step by step, a program multiplies the state `h` by the recurrent kernel into `r`,
 * and the gates follow from that and from what the input contributes, `x`. Cells by number: 0 simple, 1 GRU, 2 LSTM.
 * Arrays of units have room for whole vectors. States begin as they are somewhere, or as zeros, and are left somewhere
 * at the end; where the mask is zero, a step changes nothing. The address 0 stands for none.
 */
export function recur(at: usize): void {
  const cell = load<i32>(at, 8);
  const from = load<usize>(at, 12);
  const fromImage = load<usize>(at, 16);
  const fromStep = load<usize>(at, 20);
  const steps = load<i32>(at, 24);
  const images = load<i32>(at, 28);
  const bytes = (<usize>load<i32>(at, 32)) << 2;
  const h = load<usize>(at, 36);
  const to = load<usize>(at, 52);
  const toImage = load<usize>(at, 56);
  const toStep = load<usize>(at, 60);
  for (let image = 0; image < images; image++) {
    let x = from + <usize>image * fromImage;
    let y = to + <usize>image * toImage;
    begin(h, load<usize>(at, 88), <usize>image * load<usize>(at, 92), bytes);
    if (cell === 2) begin(load<usize>(at, 40), load<usize>(at, 96), <usize>image * load<usize>(at, 100), bytes);
    for (let step = 0; step < steps; step++) {
      if (!isMasked(at, image, step)) {
        run(load<usize>(at, 64), load<usize>(at, 68));
        if (cell === 0) simpleStep(at, x, bytes);
        else if (cell === 1) gruStep(at, x, bytes);
        else lstmStep(at, x, bytes);
      }
      for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, v128.load(h + i));
      x += fromStep;
      y += toStep;
    }
    const end = <usize>image * load<usize>(at, 112);
    if (load<usize>(at, 104)) memory.copy(load<usize>(at, 104) + end, h, bytes);
    if (load<usize>(at, 108)) memory.copy(load<usize>(at, 108) + end, load<usize>(at, 40), bytes);
  }
}

function begin(to: usize, from: usize, offset: usize, bytes: usize): void {
  if (from) memory.copy(to, from + offset, bytes);
  else memory.fill(to, 0, bytes);
}

function isMasked(at: usize, image: i32, step: i32): bool {
  const mask = load<usize>(at, 116);
  if (!mask) return false;
  return load<f32>(mask + <usize>image * load<usize>(at, 120) + <usize>step * load<usize>(at, 124)) === 0;
}

function activate(at: usize, x: v128): v128 {
  return apply(load<i32>(at, 84), x, f32x4.splat(1));
}

function gate(at: usize, x: usize, r: usize): v128 {
  return apply(load<i32>(at, 80), f32x4.add(v128.load(x), v128.load(r)), f32x4.splat(1));
}

/** `h = activation(x + r)`. */
function simpleStep(at: usize, x: usize, bytes: usize): void {
  const h = load<usize>(at, 36);
  const r = load<usize>(at, 44);
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(h + i, activate(at, f32x4.add(v128.load(x + i), v128.load(r + i))));
  }
}

/** `h = z h + (1 - z) activation(x + (reset h) R)`; the update `z` and the reset are gates. */
function gruStep(at: usize, x: usize, bytes: usize): void {
  const h = load<usize>(at, 36);
  const resetH = load<usize>(at, 40);
  const r = load<usize>(at, 44);
  const r2 = load<usize>(at, 48);
  for (let i: usize = 0; i < bytes; i += 16) {
    const reset = gate(at, x + bytes + i, r + bytes + i);
    v128.store(resetH + i, f32x4.mul(reset, v128.load(h + i)));
  }
  run(load<usize>(at, 72), load<usize>(at, 76));
  for (let i: usize = 0; i < bytes; i += 16) {
    const update = gate(at, x + i, r + i);
    const candidate = activate(at, f32x4.add(v128.load(x + 2 * bytes + i), v128.load(r2 + i)));
    const change = f32x4.mul(f32x4.sub(f32x4.splat(1), update), candidate);
    v128.store(h + i, f32x4.add(f32x4.mul(update, v128.load(h + i)), change));
  }
}

/** `c = forget c + input activation(x + r)` and `h = output activation(c)`; forget, input and output are gates. */
function lstmStep(at: usize, x: usize, bytes: usize): void {
  const h = load<usize>(at, 36);
  const c = load<usize>(at, 40);
  const r = load<usize>(at, 44);
  for (let i: usize = 0; i < bytes; i += 16) {
    const input = gate(at, x + i, r + i);
    const forget = gate(at, x + bytes + i, r + bytes + i);
    const candidate = activate(at, f32x4.add(v128.load(x + 2 * bytes + i), v128.load(r + 2 * bytes + i)));
    const output = gate(at, x + 3 * bytes + i, r + 3 * bytes + i);
    const carried = f32x4.add(f32x4.mul(forget, v128.load(c + i)), f32x4.mul(input, candidate));
    v128.store(c + i, carried);
    v128.store(h + i, f32x4.mul(output, activate(at, carried)));
  }
}
