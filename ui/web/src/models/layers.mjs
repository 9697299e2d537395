// A page loads this after TensorFlow.js and before a model that needs it.
import { register } from "./reset_after_gru.mjs";

if (!globalThis.tf?.layers) throw new Error("Load TensorFlow.js (tf.min.js) before layers.js.");
register(globalThis.tf);
