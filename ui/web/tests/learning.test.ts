import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test from "node:test";

const skip = existsSync(new URL("../node_modules/@tensorflow", import.meta.url))
  ? false
  : "npm packages are not installed";
const SIZES: [what: string, height: number, width: number, high: number, wide: number][] = [
  ["a square", 8, 8, 3, 3],
  ["odd sides and an even window", 7, 5, 4, 4],
  ["a series", 1, 12, 1, 3],
];

test("words are learned from as TensorFlow.js itself does", { skip }, async () => {
  const tf = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-backend-cpu");
  const { segmentSum } = await import("../src/trainer/worker/learning.ts");
  await tf.setBackend("cpu");
  const x = tf.randomNormal([40, 3], 0, 1, "float32", 1);
  const segmentIds = tf.tensor1d([...Array(40).keys()].map((at) => (at * 7) % 11), "int32");
  const made = segmentSum({ inputs: { x, segmentIds }, attrs: { numSegments: 12 } } as never);
  const wanted = tf.unsortedSegmentSum(x, segmentIds, 12);
  assert.deepEqual(made.shape, [12, 3]);
  assert.ok(tf.max(tf.abs(tf.sub(made, wanted))).dataSync()[0] < 1e-5);
});

for (const [what, height, width, high, wide] of SIZES) {
  test(`${what} is learned from as TensorFlow.js itself does`, { skip }, async () => {
    const tf = await import("@tensorflow/tfjs-core");
    await import("@tensorflow/tfjs-layers");
    await import("@tensorflow/tfjs-backend-cpu");
    const { filterGradient, poolGradient } = await import("../src/trainer/worker/learning.ts");
    await tf.setBackend("cpu");
    const near = (a: unknown, b: unknown): void =>
      assert.ok(tf.max(tf.abs(tf.sub(a as never, b as never))).dataSync()[0] < 1e-4);
    const x = tf.randomNormal([3, height, width, 2], 0, 1, "float32", 1);
    const filter = tf.randomNormal([high, wide, 2, 5], 0, 1, "float32", 2);
    const dy = tf.randomNormal([3, height, width, 5], 0, 1, "float32", 3);
    const [, wanted] = tf.grads((a, b) => tf.conv2d(a as never, b as never, 1, "same"))([x, filter], dy);
    near(
      filterGradient({
        inputs: { x, dy },
        attrs: { strides: 1, pad: "same", filterShape: [high, wide, 2, 5] },
      } as never),
      wanted,
    );
    if (high <= height && wide <= width) {
      const inside = (a: unknown, b: unknown) => tf.conv2d(a as never, b as never, 1, "valid");
      const of = tf.randomNormal(inside(x, filter).shape, 0, 1, "float32", 5);
      const [, unpadded] = tf.grads(inside)([x, filter], of);
      const attrs = { strides: 1, pad: "valid", filterShape: [high, wide, 2, 5] };
      near(filterGradient({ inputs: { x, dy: of }, attrs } as never), unpadded);
    }
    const size: [number, number] = [Math.min(2, height), 2];
    const pool = (a: unknown) => tf.maxPool(a as never, size, size, "valid");
    const told = tf.randomNormal(pool(x).shape, 0, 1, "float32", 4);
    near(
      poolGradient({
        inputs: { dy: told, input: x },
        attrs: { filterSize: size, strides: size, pad: "valid" },
      } as never),
      tf.grad(pool)(x, told as never),
    );
  });
}
