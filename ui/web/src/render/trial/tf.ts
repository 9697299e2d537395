/** What of TensorFlow.js models need to be tried: layers, graphs, and the backend that runs anywhere. */
import "@tensorflow/tfjs-backend-cpu";
import { io, tensor } from "@tensorflow/tfjs-core";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { loadLayersModel } from "@tensorflow/tfjs-layers";

(globalThis as any).mlabsTf = { io, tensor, loadGraphModel, loadLayersModel };
