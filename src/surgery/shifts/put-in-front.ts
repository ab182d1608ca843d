import omit from 'lodash/omit.js';
import type {Config, Serialized} from '../../tfjs-internals.js';

/**
 * Puts a new layer in front of one, in the configuration of their model: all that the layer took in goes through the
 * new one.
 *
 * @param entry what the configuration has of the layer: with its name and inbound nodes in a functional model, without
 *     in a Sequential.
 * @returns what it has of the two.
 */
export function putInFront(front: Serialized, entry: Config): [Config, Config] {
  const {name} = front.config;
  const config = entry['config'] as Config;
  const {batchInputShape} = config; // with which a Sequential begins
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
