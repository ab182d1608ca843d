/**
 * The error for a schedule that can't be laid over a training.
 *
 * @param epochs of the training; NaN if unknown.
 * @param first the epoch in which the fit begins.
 * @param unit what a step must count; undefined allows either.
 */
export function withoutLength(
  owner: string,
  epochs: number,
  first: number,
  unit: 'batch' | 'epoch' | undefined,
): RangeError {
  const lays = `${owner} lays its schedule over`;
  if (Number.isNaN(epochs)) return new RangeError(`${lays} a training of unknown length; give it \`epochs\``);
  if (first >= epochs) {
    return new RangeError(`${lays} ${epochs} epochs, but this fit begins after ${first}; give it more \`epochs\``);
  }
  return new RangeError(
    `${lays} the batches of the fit, but the length of the dataset is unknown` +
      `${unit === undefined ? ', and there is one epoch only' : ''}; give it \`batchesPerEpoch\``,
  );
}
