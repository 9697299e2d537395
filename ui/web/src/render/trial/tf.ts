/** What of TensorFlow.js models need to be tried: layers, also those of MLabs' own, graphs, and the backend that runs anywhere. */
import "@tensorflow/tfjs-backend-cpu";
import { add, dropout, io, keep, matMul, mul, onesLike, serialization, slice, split, squeeze, sub, tensor, tidy } from "@tensorflow/tfjs-core";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { layers, loadLayersModel } from "@tensorflow/tfjs-layers";
import { register } from "../../models/reset_after_gru.mjs";

register({ add, dropout, keep, layers, matMul, mul, onesLike, serialization, slice, split, squeeze, sub, tidy });
(globalThis as any).mlabsTf = { io, tensor, loadGraphModel, loadLayersModel };
