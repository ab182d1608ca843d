import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import cloneDeep from 'lodash/cloneDeep.js';

/**
 * The only file that touches what tfjs-layers 4.22 does not document, each touch with its reason. Everything else in the
 * library is written against these few names.
 */

/** A layer; tfjs-layers exports the class only inside a namespace. */
export type Layer = tfl.layers.Layer;
/** A variable of a layer. */
export type LayerVariable = tfl.LayerVariable;
/** A model or nested model: both kinds hold layers. */
export type Model = tfl.LayersModel;
/** A layer's configuration, as `getConfig` returns it. */
export type Config = tf.serialization.ConfigDict;

/** A class name and its configuration: how tf.js writes a layer into another one's configuration. */
export interface Serialized {
  className: string;
  config: Config;
}

/** A layer whose fields are read by name: kernels, cells and inner layers are private in the type declarations. */
export function fieldsOf(layer: Layer): Record<string, unknown> {
  return layer as unknown as Record<string, unknown>;
}

/**
 * A copy of a layer's configuration, safe to edit: `getConfig` may hand out live objects, and `fromConfig` edits what it
 * is given. Puts right what DepthwiseConv2D.getConfig gets wrong: it writes the regularizer as the constraint.
 */
export function configOf(layer: Layer): Config {
  const config = cloneDeep(layer.getConfig());
  if (layer.getClassName() === 'DepthwiseConv2D') {
    const constraint = fieldsOf(layer)['depthwiseConstraint'] as tf.serialization.Serializable | null;
    config['depthwiseConstraint'] = constraint && {
      className: constraint.getClassName(),
      config: constraint.getConfig(),
    };
  }
  return config;
}

/** The class registered under a name with `tf.serialization.registerClass`, or undefined. */
export function registeredClass(className: string): RegisteredClass | undefined {
  const entry = tf.serialization.SerializationMap.getMap().classNameMap[className];
  return entry?.[0] as unknown as RegisteredClass | undefined;
}

interface RegisteredClass {
  fromConfig(cls: unknown, config: Config, customObjects?: Config, fastWeightInit?: boolean): Layer;
}

/**
 * A new layer or model out of its configuration. `fastWeightInit` spares models the cost of initializers whose values are
 * about to be overwritten; tfjs-layers passes it in the same way when it loads a file.
 */
export function deserialize({className, config}: Serialized, {fastWeightInit = false} = {}): Layer {
  const cls = registeredClass(className);
  if (!cls) throw unregistered(className);
  return cls.fromConfig(cls, cloneDeep(config), {}, fastWeightInit);
}

/** The error for a class that no registry knows. */
export function unregistered(className: string): TypeError {
  return new TypeError(
    `Expected layers whose classes are registered, got "${className}"; ` +
      `call tf.serialization.registerClass(${className}) once, so that tf.js can build such a layer from its configuration`,
  );
}

/** Weights handed to a layer's constructor as `weights`; tf.js sets them after the first build, in `apply` only. */
export function initialWeightsOf(layer: Layer): tf.Tensor[] | null {
  return layer.initialWeights;
}

/** Whether a layer or model was disposed: tf.js leaves the object there without its weights. */
export function isDisposed(layer: Layer): boolean {
  return fieldsOf(layer)['_refCount'] === 0;
}

/** Whether a layer is a model, which holds layers of its own. */
export function isModel(layer: Layer): layer is Model {
  return layer instanceof tfl.LayersModel;
}

/** The identity of a variable's present value: any assignment changes it, whoever makes it. */
export function valueIdentity(variable: LayerVariable): object {
  return (variable.read() as tf.Tensor & {dataId: object}).dataId;
}

/**
 * Writes a value straight into the variable that the optimizers write to. `LayerVariable.write` would apply the layer's
 * constraint besides, which tf.js never does while it trains.
 */
export function assign(variable: LayerVariable, value: tf.Tensor): void {
  (variable.read() as tf.Variable).assign(value);
}

/** A variable in place of another: reads what `read` returns, and is that other variable in all else. */
export function viewOf(variable: LayerVariable, read: () => tf.Tensor): LayerVariable {
  return Object.create(variable, {read: {value: read}}) as LayerVariable;
}

/**
 * The input shapes with which a model uses a layer, one for each use: a layer's nodes are those of all models that it is
 * part of, and only the model's private set tells which are its own. A Sequential uses a layer once, in its first node.
 */
export function inputShapesIn(model: Model, layer: Layer): tfl.Shape[] {
  const own = fieldsOf(model)['containerNodes'] as Set<string>;
  const nodes =
    model instanceof tfl.Sequential
      ? layer.inboundNodes.slice(0, 1)
      : layer.inboundNodes.filter((_, i) => own.has(`${layer.name}_ib-${i}`));
  return nodes.map(node => (node.inputShapes[0] ?? []) as tfl.Shape);
}
