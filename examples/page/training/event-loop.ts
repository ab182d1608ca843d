const {port1, port2} = new MessageChannel();
port1.start();

/** Lets messages of the page come in. Timers would wait 4 ms each time. */
export function otherTasks(): Promise<void> {
  return new Promise(resolve => {
    port1.addEventListener('message', () => resolve(), {once: true});
    port2.postMessage(undefined);
  });
}
