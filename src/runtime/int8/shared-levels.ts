import {inputsOf, type Node} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import type {ChosenNodes} from './choose-bytes.js';
import {levelsOf, type Levels, type Range} from './levels.js';

/** The levels of each value. What is copied or pooled stands for the same numbers before and behind that. */
export function sharedLevels(chosen: ChosenNodes, ranges: ReadonlyMap<Value, Range>): (value: Value) => Levels {
  const groups = new Map<Value, Set<Value>>();
  const groupOf = (value: Value) => groups.get(value) ?? new Set([value]);
  for (const node of chosen.keys()) {
    if (!keepsLevels(node)) continue;
    const group = [node.output, ...inputsOf(node)].map(groupOf).reduce((a, b) => new Set([...a, ...b]));
    for (const value of group) groups.set(value, group);
  }
  return value => {
    const own = [...groupOf(value)].map(member => ranges.get(member)!);
    return levelsOf({low: Math.min(...own.map(({low}) => low)), high: Math.max(...own.map(({high}) => high))});
  };
}

function keepsLevels({kind}: Node): boolean {
  return kind === 'move' || kind === 'pool';
}
