/** Logits are in 1/256 nat, from -2816 to 2816; probabilities have 16 bits. */
const BOUND = 2816;
const LEAST = 16;

/** exp(1 / 256). */
const STEP = 1.0039138893383475734;

/** Made with + * / alone, so that every machine makes the same table. */
const SQUASHED = new Uint16Array(2 * BOUND + 1);
for (let i = 0, odds = 1; i <= BOUND; i++, odds *= STEP) {
  const chance = Math.max(LEAST, Math.floor(65536 / (1 + odds) + 0.5));
  SQUASHED[BOUND - i] = chance;
  SQUASHED[BOUND + i] = 65536 - chance;
}

const STRETCHED = new Int16Array(4096);
for (let i = 0, at = 0; i < 4096; i++) {
  while (at < 2 * BOUND && SQUASHED[at]! < 16 * i + 8) at++;
  STRETCHED[i] = at - BOUND;
}

/**
 * The probability of a logit, in 16 bits.
 *
 *     65536 / (1 + exp(-logit / 256))
 *
 * @param logit in 1/256 nat; beyond 2815 it counts as that.
 */
export function squash(logit: number): number {
  return SQUASHED[clamp(logit, BOUND - 1) + BOUND]!;
}

/** The logit of a probability, in 1/256 nat. @param chance in 12 bits. */
export function stretch(chance: number): number {
  return STRETCHED[chance]!;
}

/** A number held between -bound and bound. */
export function clamp(value: number, bound: number): number {
  return value > bound ? bound : value < -bound ? -bound : value;
}
