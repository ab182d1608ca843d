import omit from 'lodash/omit.js';
import type {Config, Serialized} from '../tfjs-internals.js';

/**
 * What becomes of a layer's entry in the configuration of its model when two layers take its place, one behind the other. The
 * second has the layer's name, so that all that took its output in takes that one's.
 *
 * @param entry with a name and inbound nodes in a functional model, without them in a Sequential.
 */
export function inTwo(entry: Config, [first, second]: readonly [Serialized, Serialized]): [Config, Config] {
  const {name} = first.config;
  const {batchInputShape} = second.config; // with which a Sequential begins
  const beginning = batchInputShape === undefined ? first.config : {...first.config, batchInputShape};
  const front: Config = {...entry, ...first, config: beginning};
  const back: Config = {...entry, ...second, config: omit(second.config, 'batchInputShape')};
  const uses = entry['inboundNodes'] as Config[] | undefined;
  if (!uses) return [front, back];
  const inboundNodes = uses.map((_, use) => [[name, use, 0, {}]]) as unknown as Config[];
  return [
    {...front, name: name!},
    {...back, inboundNodes},
  ];
}
