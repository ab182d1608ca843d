/**
 * Resolves in a later turn of the event loop, when waiting timers, events and frames have had theirs.
 *
 * `tf.nextFrame` waits for a frame, and a hidden page has none. `scheduler.yield` comes back before timers do. A hidden
 * page delays timers by a second or more, but not messages.
 */
export function nextTurn(): Promise<void> {
  return isHidden() ? nextMessage() : new Promise(resolve => setTimeout(resolve));
}

function isHidden(): boolean {
  return (globalThis as {document?: {hidden?: boolean}}).document?.hidden === true;
}

function nextMessage(): Promise<void> {
  const {port1, port2} = new MessageChannel();
  return new Promise(resolve => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
