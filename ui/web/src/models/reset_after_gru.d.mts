/** Lets models have layers of the class ResetAfterGRU; `tf` is TensorFlow.js, or as much of it as they need. */
export function register(tf: any): void;
