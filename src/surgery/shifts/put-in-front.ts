import omit from 'lodash/omit.js';
import type {Config, Serialized} from '../../tfjs-internals.js';

/**
 * Puts a new layer before another one in the configuration of their model: all inputs of the layer go through the new
 * one.
 *
 * @param entry the layer's entry in the configuration: with its name and inbound nodes in a functional model, without
 *     them in a Sequential.
 * @returns the entries of the two.
 */
export function putInFront(front: Serialized, entry: Config): [Config, Config] {
  const {name} = front.config;
  const config = entry['config'] as Config;
  const {batchInputShape} = config; // of the first layer in a Sequential
  const first: Config = {
    ...front,
    config: batchInputShape === undefined ? front.config : {...front.config, batchInputShape},
  };
  const second: Config = {...entry, config: omit(config, 'batchInputShape')};
  const uses = entry['inboundNodes'] as Config[] | undefined;
  if (!uses) return [first, second];
  const throughFirst = uses.map((_, use) => [[name, use, 0, {}]]) as unknown as Config[];
  return [
    {...first, name: name!, inboundNodes: uses},
    {...second, inboundNodes: throughFirst},
  ];
}
