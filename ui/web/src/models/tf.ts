/** TensorFlow.js for pages that load models from here: what its own `tf.min.js` has, but for the reading of data. */
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-webgl";
import * as core from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import * as converter from "@tensorflow/tfjs-converter";
import * as layers from "@tensorflow/tfjs-layers";

(globalThis as any).tf = { ...core, ...layers, ...converter, version: { tfjs: core.version_core } };
