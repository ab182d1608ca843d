/**
 * Imported first. tf.js yields by `requestAnimationFrame` where it finds it; browsers stop it in hidden tabs, and so
 * would stop the training. This worker yields by itself, in `event-loop.ts`.
 */
Object.assign(self, {requestAnimationFrame: undefined});
