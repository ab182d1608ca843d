import type * as tfl from '@tensorflow/tfjs-layers';

/** A callback of this library in the list of a fit. */
export interface ListMember {
  readonly callback: tfl.Callback;
  /** Throws if it can't work in this fit, or with the callbacks before it in the list. */
  expectFitting(before: readonly tfl.Callback[]): void;
}

/** The members of each fit, by its parameters: tf.js gives all callbacks the same object, a new one for each fit. */
const lists = new WeakMap<object, ListMember[]>();
/** The fits that were checked. */
const checked = new WeakSet<object>();

/** Called whenever tf.js sets the parameters of a callback: twice if it is listed twice. */
export function joinList(params: object, member: ListMember): void {
  lists.set(params, [...membersOf(params), member]);
}

/** Checks that all members can work in a fit, once, before the first one changes anything. */
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
