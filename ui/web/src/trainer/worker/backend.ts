/** What computes: each network on what trains it fastest here, loaded when it is needed. */
import * as tf from "@tensorflow/tfjs-core";
import type { Plan } from "./protocol.ts";

export interface Backend {
  name: "cpu" | "wasm" | "webgl";
  title: string;
}

export const CPU: Backend = { name: "cpu", title: "plain JavaScript" };
export const WASM: Backend = { name: "wasm", title: "WebAssembly" };
export const WEBGL: Backend = { name: "webgl", title: "the graphics card" };
const LOADED = {
  cpu: () => import("./cpu.ts"),
  wasm: () => import("./wasm.ts"),
  webgl: () => import("@tensorflow/tfjs-backend-webgl"),
};

/** Graphics that a processor pretends to have train slower than the processor itself. */
export function hasGraphics(): boolean {
  if (typeof OffscreenCanvas === "undefined") return false;
  const context = new OffscreenCanvas(1, 1).getContext("webgl2");
  const about = context?.getExtension("WEBGL_debug_renderer_info");
  if (!context || !about) return false;
  const renderer = String(context.getParameter(about.UNMASKED_RENDERER_WEBGL));
  return !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
}

/** What may train this, best first. Small networks are done before a graphics card has begun. */
export function candidates({ layers, given }: Plan): Backend[] {
  const others = typeof WebAssembly === "undefined" ? [CPU] : [WASM, CPU];
  const convolves = given?.convolves ?? layers.some((layer) => layer.kind === "convolution");
  return convolves && hasGraphics() ? [WEBGL, ...others] : others;
}

/** Makes a backend compute from now on. */
export async function use(backend: Backend): Promise<void> {
  await LOADED[backend.name]();
  if (!(await tf.setBackend(backend.name))) throw new Error(`${backend.title} could not be started`);
  await tf.ready();
  if (backend.name === "webgl") precise();
}

/** TensorFlow.js 4.22 takes graphics cards of 32 bits for ones of 16: Adam and RMSprop then divide by at least a
 * thousand times more than anywhere else, and learn something else. */
export function precise(): void {
  if (tf.env().getBool("WEBGL_RENDER_FLOAT32_ENABLED")) Object.assign(tf.backend(), { floatPrecision: () => 32 });
}

/** The first of some backends on which an attempt succeeds, and why not on those before it. */
export async function choose(
  of: Backend[],
  attempt: (backend: Backend) => Promise<void>,
): Promise<[found: Backend | null, why: string]> {
  let why = "";
  for (const backend of of) {
    try {
      await use(backend);
      await attempt(backend);
      return [backend, why];
    } catch (error) {
      why += `Not on ${backend.title} (${message(error)}). `;
    }
  }
  return [null, why];
}

/** The first line of what went wrong. */
export function message(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0].slice(0, 300);
}
