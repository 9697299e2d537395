/** The WebAssembly backend, with its binaries beside the worker. */
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import plain from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm";
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm";
import { teach } from "./learning.ts";

const beside = (file: string): string => new URL(file, import.meta.url).href;

setWasmPaths({ "tfjs-backend-wasm.wasm": beside(plain), "tfjs-backend-wasm-simd.wasm": beside(simd) });
teach("wasm");
