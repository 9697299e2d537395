/** Two classes told by one number: the probability of the second. */

/** Of each row of two numbers the second. */
export function seconds(both: Float32Array): Float32Array {
  return Float32Array.from({ length: both.length / 2 }, (_, row) => both[row * 2 + 1]);
}

/** For each probability the pair that it stands for. */
export function pairs(of: Float32Array): Float32Array {
  return Float32Array.from({ length: of.length * 2 }, (_, at) => (at % 2 ? of[at >> 1] : 1 - of[at >> 1]));
}
