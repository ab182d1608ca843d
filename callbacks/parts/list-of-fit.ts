import type * as tfl from '@tensorflow/tfjs-layers';

/** A callback of this library in the list of a fit. */
export interface ListMember {
  readonly callback: tfl.Callback;
  /** Throws if it can't work in this fit, or not with the callbacks before it in the list. */
  expectFitting(before: readonly tfl.Callback[]): void;
}

/** The members of each fit, by the parameters object: tf.js gives the same one to all, and another one to each fit. */
const lists = new WeakMap<object, ListMember[]>();
/** The fits whose members were all asked. */
const checked = new WeakSet<object>();

/** A callback is in the list of a fit as often as it is told of its parameters. */
export function joinList(params: object, member: ListMember): void {
  lists.set(params, [...membersOf(params), member]);
}

/** Asks all members of a fit, once and before the first one changes anything, whether they can work in it. */
export function expectListFits(params: object): void {
  if (checked.has(params)) return;
  const members = membersOf(params);
  const callbacks = members.map(({callback}) => callback);
  members.forEach((member, i) => member.expectFitting(callbacks.slice(0, i)));
  checked.add(params);
}

function membersOf(params: object): readonly ListMember[] {
  return lists.get(params) ?? [];
}
