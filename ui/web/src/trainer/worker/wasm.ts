/** The WebAssembly backend, with its binaries beside the worker. */
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import plain from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm";
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm";
import { env } from "@tensorflow/tfjs-core";
import { teach } from "./learning.ts";

const beside = (file: string): string => new URL(file, import.meta.url).href;

// Threads need pages that are isolated from all others, which these are not; an address is asked for all the same.
env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
setWasmPaths({
  "tfjs-backend-wasm.wasm": beside(plain),
  "tfjs-backend-wasm-simd.wasm": beside(simd),
  "tfjs-backend-wasm-threaded-simd.wasm": beside(simd),
});
teach("wasm");
