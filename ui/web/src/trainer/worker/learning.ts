/** What the WebAssembly backend lacks for convolutions and embeddings to learn, made of what it has. */
import * as tf from "@tensorflow/tfjs-core";

type Pair = [number, number];

interface Filter {
  inputs: { x: tf.Tensor4D; dy: tf.Tensor4D };
  attrs: { strides: number | Pair; pad: unknown; filterShape: [number, number, number, number] };
}

interface Pool {
  inputs: { dy: tf.Tensor4D; input: tf.Tensor4D };
  attrs: { filterSize: number | Pair; strides: number | Pair; pad: unknown };
}

interface Segments {
  inputs: { x: tf.Tensor; segmentIds: tf.Tensor1D };
  attrs: { numSegments: number };
}

function pair(value: number | Pair): Pair {
  return typeof value === "number" ? [value, value] : value;
}

/** How wrong each weight of a filter was: for each place in its window, what it saw times what came of it. */
export function filterGradient({ inputs: { x, dy }, attrs }: Filter): tf.Tensor {
  const [high, wide, channels, filters] = attrs.filterShape;
  if (!["same", "valid"].includes(String(attrs.pad)) || pair(attrs.strides).some((stride) => stride !== 1))
    throw new Error("only windows that move by one can learn here");
  return tf.tidy(() => {
    const [batch, rows, columns] = dy.shape;
    const around = (length: number): Pair => (attrs.pad === "same" ? [(length - 1) >> 1, length >> 1] : [0, 0]);
    const padded = tf.pad(x, [[0, 0], around(high), around(wide), [0, 0]]);
    const said = tf.reshape(dy, [batch * rows * columns, filters]);
    const places = Array.from({ length: high * wide }, (_, place) => {
      const seen = tf.slice(padded, [0, Math.floor(place / wide), place % wide, 0], [batch, rows, columns, channels]);
      return tf.matMul(tf.reshape(seen, [batch * rows * columns, channels]), said, true);
    });
    return tf.reshape(tf.stack(places), attrs.filterShape);
  });
}

/** Hands back what a pool is told to where its largest value was; those that are equally large share it. */
export function poolGradient({ inputs: { dy, input }, attrs }: Pool): tf.Tensor {
  const [high, wide] = pair(attrs.filterSize);
  if (attrs.pad !== "valid" || String(pair(attrs.strides)) !== String([high, wide]))
    throw new Error("only pools side by side can learn here");
  return tf.tidy(() => {
    const [batch, rows, columns, channels] = dy.shape;
    const whole: [number, number, number, number] = [batch, rows * high, columns * wide, channels];
    const larger = (small: tf.Tensor4D): tf.Tensor4D => tf.image.resizeNearestNeighbor(small, [whole[1], whole[2]]);
    const seen = tf.slice(input, [0, 0, 0, 0], whole);
    const most = tf.maxPool(seen, [high, wide], [high, wide], "valid");
    const mask = tf.cast(tf.equal(seen, larger(most)), "float32") as tf.Tensor4D;
    const shared = tf.mul(tf.avgPool(mask, [high, wide], [high, wide], "valid"), high * wide) as tf.Tensor4D;
    const back = tf.mul(mask, larger(tf.div(dy, shared)));
    return tf.pad(back, [
      [0, 0],
      [0, input.shape[1] - whole[1]],
      [0, input.shape[2] - whole[2]],
      [0, 0],
    ]);
  });
}

/** Adds up what belongs to the same word: how wrong each was, wherever it stood. */
export function segmentSum({ inputs: { x, segmentIds }, attrs: { numSegments } }: Segments): tf.Tensor {
  const [count, ...rest] = x.shape;
  const width = rest.reduce((all, length) => all * length, 1);
  const [values, words] = [x.dataSync(), segmentIds.dataSync()];
  const sums = new Float32Array(numSegments * width);
  for (let row = 0; row < count; row++) {
    const [from, to] = [row * width, words[row] * width];
    for (let at = 0; at < width; at++) sums[to + at] += values[from + at];
  }
  return tf.tensor(sums, [numSegments, ...rest]);
}

/** Teaches a backend all of it. */
export function teach(backendName: string): void {
  const kernels = {
    [tf.Conv2DBackpropFilter]: filterGradient,
    [tf.MaxPoolGrad]: poolGradient,
    [tf.UnsortedSegmentSum]: segmentSum,
  };
  for (const [kernelName, gradient] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, backendName)) continue;
    tf.registerKernel({ kernelName, backendName, kernelFunc: gradient as unknown as tf.KernelFunc });
  }
}
