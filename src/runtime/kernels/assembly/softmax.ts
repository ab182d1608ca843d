import {exp, log} from './functions';
import {maxOfLanes, storeLanes, sumOfLanes} from './lanes';

/**
 * Softmax over the channels of planes, or its logarithm, for four positions at a time. It may write up to 3 numbers
 * behind each run of `count` positions.
 */
export function softmax(at: usize): void {
  const from = load<usize>(at, 8);
  const to = load<usize>(at, 12);
  const channels = load<i32>(at, 16);
  const fromStep = load<usize>(at, 20);
  const toStep = load<usize>(at, 24);
  const images = load<i32>(at, 28);
  const imageStep = load<usize>(at, 32);
  const bytes = (<usize>load<i32>(at, 36)) << 2;
  const isLog = load<i32>(at, 40);
  const fromEnd = <usize>channels * fromStep;
  for (let image = 0; image < images; image++) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const first = from + <usize>image * imageStep + i;
      const end = first + fromEnd;
      let most = v128.load(first);
      for (let x = first + fromStep; x < end; x += fromStep) most = f32x4.max(most, v128.load(x));
      let sum = f32x4.splat(0);
      let y = to + <usize>image * imageStep + i;
      for (let x = first; x < end; x += fromStep) {
        const rest = f32x4.sub(v128.load(x), most);
        const power = exp(rest);
        sum = f32x4.add(sum, power);
        v128.store(y, isLog ? rest : power);
        y += toStep;
      }
      const divisor = isLog ? log(sum) : f32x4.div(f32x4.splat(1), sum);
      y = to + <usize>image * imageStep + i;
      for (let channel = 0; channel < channels; channel++) {
        const value = v128.load(y);
        v128.store(y, isLog ? f32x4.sub(value, divisor) : f32x4.mul(value, divisor));
        y += toStep;
      }
    }
  }
}

/** Softmax of one vector, or its logarithm. */
export function softmaxOfVector(at: usize): void {
  const from = load<usize>(at, 8);
  const to = load<usize>(at, 12);
  const count = load<i32>(at, 16);
  const isLog = load<i32>(at, 20);
  const wholeBytes = (<usize>(count & ~3)) << 2;
  const rest = count & 3;
  let most = load<f32>(from);
  let mosts = f32x4.splat(most);
  for (let i: usize = 0; i < wholeBytes; i += 16) mosts = f32x4.max(mosts, v128.load(from + i));
  for (let i = 0; i < rest; i++) most = max(most, load<f32>(from + wholeBytes + ((<usize>i) << 2)));
  mosts = f32x4.splat(max(most, maxOfLanes(mosts)));
  let sums = f32x4.splat(0);
  let sum: f32 = 0;
  for (let i: usize = 0; i < wholeBytes; i += 16) {
    const difference = f32x4.sub(v128.load(from + i), mosts);
    const power = exp(difference);
    sums = f32x4.add(sums, power);
    v128.store(to + i, isLog ? difference : power);
  }
  if (rest > 0) {
    const difference = f32x4.sub(v128.load(from + wholeBytes), mosts);
    const power = exp(difference);
    sum += f32x4.extract_lane(power, 0);
    if (rest > 1) sum += f32x4.extract_lane(power, 1);
    if (rest > 2) sum += f32x4.extract_lane(power, 2);
    storeLanes(to + wholeBytes, isLog ? difference : power, rest);
  }
  sums = f32x4.splat(sum + sumOfLanes(sums));
  const divisor = isLog ? log(sums) : f32x4.div(f32x4.splat(1), sums);
  for (let i: usize = 0; i <= wholeBytes; i += 16) {
    const value = v128.load(to + i);
    const scaled = isLog ? f32x4.sub(value, divisor) : f32x4.mul(value, divisor);
    storeLanes(to + i, scaled, i < wholeBytes ? 4 : rest);
    if (rest === 0 && i + 16 >= wholeBytes) break;
  }
}
