/** Writes a stream of SELL-4, whose first number is at `to`. See emit/streams.ts. Arrays are addresses of 32-bit numbers. */
export function packSell(
  order: usize,
  orderEnd: usize,
  outputs: i32,
  starts: usize,
  rows: usize,
  weights: usize,
  addresses: usize,
  bias: usize,
  base: i32,
  out: i32,
  to: usize,
): void {
  for (; order < orderEnd; order += 16) {
    let pairs: usize = 0;
    for (let lane: usize = 0; lane < 16; lane += 4) {
      const output = load<i32>(order + lane);
      store<i32>(to + lane, out + (output << 2), 16);
      if (output >= outputs) continue;
      const at = (<usize>output) << 2;
      store<f32>(to + lane, load<f32>(bias + at), 32);
      let entry = load<usize>(starts + at);
      const end = load<usize>(starts + at, 4);
      pairs = max(pairs, (end - entry + 1) >> 1);
      let half: usize = 0;
      for (let pair = to + 48; entry < end; entry++) {
        const row = load<usize>(rows + (entry << 2));
        store<f32>(pair + (half << 4) + lane, load<f32>(weights + (entry << 2)));
        store<u16>(pair + 32 + (half << 3) + (lane >> 1), <u16>(load<i32>(addresses + (row << 2)) - base));
        if (half) pair += 48;
        half ^= 1;
      }
    }
    store<usize>(to, pairs);
    to += 48 + 48 * pairs;
  }
}
