import {channelCardOf} from '../../layers/cards/channel-card-of.js';
import type {TracedTensor} from '../../layers/cards/layer-use.js';
import {isModel, type Layer} from '../../tfjs-internals.js';
import {checkedRule} from './checked-use.js';
import type {TracedUse} from './traced-use.js';

/** The rule of a layer's kind, checked if users declared it; undefined if there is none. */
export function channelRuleOf(layer: Layer): ((use: TracedUse) => TracedTensor[]) | undefined {
  if (isModel(layer)) return undefined;
  const {channelRule, isDeclared} = channelCardOf(layer);
  return channelRule && isDeclared ? checkedRule(channelRule) : channelRule;
}
