import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test from "node:test";

const skip = existsSync(new URL("../node_modules/@tensorflow", import.meta.url))
  ? false
  : "npm packages are not installed";

test("a graphics card of 32 bits learns as all else does, one of 16 says so", { skip }, async () => {
  const tf = await import("@tensorflow/tfjs-core");
  const { precise } = await import("../src/trainer/worker/backend.ts");
  // TensorFlow.js says 16 of each card that renders numbers of 32 bits.
  class Card extends tf.KernelBackend {
    override floatPrecision(): 16 | 32 {
      return 16;
    }
    override dispose(): void {}
  }
  tf.env().registerFlag("WEBGL_RENDER_FLOAT32_ENABLED", () => false);
  for (const [renders, bits, epsilon] of [
    [true, 32, 1e-7],
    [false, 16, 1e-4],
  ] as const) {
    tf.registerBackend(`card-${bits}`, () => new Card());
    await tf.setBackend(`card-${bits}`);
    tf.env().set("WEBGL_RENDER_FLOAT32_ENABLED", renders);
    precise();
    assert.deepEqual([tf.backend().floatPrecision(), tf.backend().epsilon()], [bits, epsilon]);
  }
});
