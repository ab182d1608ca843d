import * as tf from '@tensorflow/tfjs';

type Class<A> = typeof tf.layers.Layer & (new (args: A) => tf.layers.Layer);
type NormalizationArgs = NonNullable<Parameters<typeof tf.layers.layerNormalization>[0]>;
type DotArgs = Parameters<typeof tf.layers.dot>[0];

/** A layer that normalizes as that of tf.js does, under a name that the runtime does not know. */
class OwnNormalization extends (tf.layers.layerNormalization().constructor as Class<NormalizationArgs>) {
  static className = 'OwnNormalization';
}
tf.serialization.registerClass(OwnNormalization);

/** Products, likewise. */
class OwnDot extends (tf.layers.dot({axes: 1}).constructor as Class<DotArgs>) {
  static className = 'OwnDot';
}
tf.serialization.registerClass(OwnDot);

export function ownNormalization(args: NormalizationArgs = {}): tf.layers.Layer {
  return new OwnNormalization(args);
}

export function ownDot(args: DotArgs): tf.layers.Layer {
  return new OwnDot(args);
}
