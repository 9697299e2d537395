/** Lets models have layers of the class ResetAfterGRU; `tf` is TensorFlow.js. */
export function register(tf: object): void;
