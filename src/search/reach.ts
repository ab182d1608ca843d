import type {Proposal} from './policies/policy.js';

/** Tells a billion places of a path apart. */
const MOST_HALVINGS = 30;

/**
 * The first proposal of a path, from level 0 to level 1, whose load is small enough; the end of the path if none is.
 * Where the path jumps over the load, rates are interpolated between both sides.
 *
 * @param most how often an interval may be halved, for each of the two searches.
 */
export async function reach(
  at: (level: number) => Proposal,
  isEnough: (proposal: Proposal) => Promise<boolean>,
  most = Infinity,
): Promise<Proposal> {
  const [start, end] = [at(0), at(1)];
  if (await isEnough(start)) return start;
  if (!(await isEnough(end))) return end;
  const [below, above] = await narrow(at, isEnough, [start, end], most);
  const path = between(below, above);
  return path ? (await narrow(path, isEnough, [below, above], most))[1] : above;
}

type Pair = readonly [below: Proposal, above: Proposal];

async function narrow(
  at: (level: number) => Proposal,
  isEnough: (proposal: Proposal) => Promise<boolean>,
  [below, above]: Pair,
  most: number,
): Promise<Pair> {
  let [low, high] = [0, 1];
  for (let halvings = 0; halvings < Math.min(most, MOST_HALVINGS); halvings++) {
    const level = (low + high) / 2;
    const proposal = at(level);
    if (await isEnough(proposal)) [high, above] = [level, proposal];
    else [low, below] = [level, proposal];
  }
  return [below, above];
}

/** The rates between two proposals; undefined if they name single groups. */
function between(below: Proposal, above: Proposal): ((level: number) => Proposal) | undefined {
  const [from, to] = [below.rates, above.rates];
  if (!from || !to) return undefined;
  return level => ({...above, rates: from.map((rate, i) => rate + level * (to[i]! - rate))});
}
