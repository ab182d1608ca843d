/** Copies numbers between arrays of any strides: four nested loops, each with a count and two steps in bytes. */
export function copy(at: usize): void {
  const from = load<usize>(at, 8);
  const to = load<usize>(at, 12);
  const lines = load<i32>(at, 40);
  const fromLine = load<usize>(at, 44);
  const toLine = load<usize>(at, 48);
  const count = load<i32>(at, 52);
  const fromStep = load<usize>(at, 56);
  const toStep = load<usize>(at, 60);
  for (let i = 0; i < load<i32>(at, 16); i++) {
    for (let j = 0; j < load<i32>(at, 28); j++) {
      let x = from + <usize>(i * load<i32>(at, 20) + j * load<i32>(at, 32));
      let y = to + <usize>(i * load<i32>(at, 24) + j * load<i32>(at, 36));
      for (let line = 0; line < lines; line++) {
        copyLine(x, y, count, fromStep, toStep);
        x += fromLine;
        y += toLine;
      }
    }
  }
}

function copyLine(from: usize, to: usize, count: i32, fromStep: usize, toStep: usize): void {
  if (toStep === 4 && fromStep === 4) {
    for (; count >= 4; count -= 4) {
      v128.store(to, v128.load(from));
      from += 16;
      to += 16;
    }
  } else if (toStep === 4 && fromStep === 8) {
    for (; count > 4; count -= 4) {
      v128.store(to, v128.shuffle<f32>(v128.load(from), v128.load(from, 16), 0, 2, 4, 6));
      from += 32;
      to += 16;
    }
  } else if (toStep === 4) {
    for (; count >= 4; count -= 4) {
      let x = v128.load32_zero(from);
      x = v128.load32_lane(from + fromStep, x, 1);
      x = v128.load32_lane(from + 2 * fromStep, x, 2);
      x = v128.load32_lane(from + 3 * fromStep, x, 3);
      v128.store(to, x);
      from += 4 * fromStep;
      to += 16;
    }
  }
  for (; count > 0; count--) {
    store<f32>(to, load<f32>(from));
    from += fromStep;
    to += toStep;
  }
}

/** Writes zeros. */
export function clear(at: usize): void {
  memory.fill(load<usize>(at, 8), 0, load<usize>(at, 12));
}

/**
 * Writes zeros around what planes hold: before the first, behind each line, and from the last line of each to the next
 * plane.
 */
export function clearGaps(at: usize): void {
  let plane = load<usize>(at, 8);
  const planes = load<i32>(at, 12);
  const planeStep = load<usize>(at, 16);
  const lines = load<i32>(at, 20);
  const lineStep = load<usize>(at, 24);
  const lineBytes = load<usize>(at, 28);
  const before = load<usize>(at, 32);
  const bodyBytes = <usize>lines * lineStep;
  clearFloats(plane - before, plane);
  for (let i = 0; i < planes; i++) {
    const body = plane + bodyBytes;
    for (let line = plane; line < body; line += lineStep) clearFloats(line + lineBytes, line + lineStep);
    clearFloats(body, plane + planeStep);
    plane += planeStep;
  }
}

function clearFloats(from: usize, end: usize): void {
  for (; from + 16 <= end; from += 16) v128.store(from, f32x4.splat(0));
  for (; from < end; from += 4) store<f32>(from, 0);
}

/** Rows of a table, by numbers: `out[c, p] = table[index[p], c]`. Numbers that are out of the table give NaN. */
export function lookUp(at: usize): void {
  const indices = load<usize>(at, 8);
  const table = load<usize>(at, 12);
  const rows = load<i32>(at, 16);
  const columns = load<i32>(at, 20);
  const outer = load<i32>(at, 24);
  const outerStep = load<usize>(at, 28);
  const outerToStep = load<usize>(at, 32);
  const inner = load<i32>(at, 36);
  const innerStep = load<usize>(at, 40);
  const innerToStep = load<usize>(at, 44);
  const to = load<usize>(at, 48);
  const columnStep = load<usize>(at, 52);
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const index = load<f32>(indices + <usize>i * outerStep + <usize>j * innerStep);
      const isRow = index > -1 && index < <f32>rows;
      let row = table + (isRow ? (<usize>(<i32>index * columns)) << 2 : 0);
      let out = to + <usize>i * outerToStep + <usize>j * innerToStep;
      for (let column = 0; column < columns; column++) {
        store<f32>(out, isRow ? load<f32>(row) : <f32>NaN);
        row += 4;
        out += columnStep;
      }
    }
  }
}
