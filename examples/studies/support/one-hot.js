/** The values of one-hot vectors, one for each class; that of -1 is all zeros. */
export function oneHot(classes, depth) {
  const values = new Float32Array(classes.length * depth);
  for (const [i, each] of classes.entries()) if (each >= 0) values[i * depth + each] = 1;
  return values;
}
