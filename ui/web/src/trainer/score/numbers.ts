/** How good predictions of numbers are. */
export interface NumberScore {
  /** The mean error, and the root of the mean squared one, in the target's own unit. */
  absolute: number;
  squared: number;
  /** The share of the differences that is explained: 1 is perfect, 0 no better than the mean. */
  explained: number;
}

export function numberScore(truth: number[], predicted: number[]): NumberScore {
  const rows = truth.length || 1;
  const mean = truth.reduce((sum, value) => sum + value, 0) / rows;
  const squares = truth.reduce((sum, value, row) => sum + (value - predicted[row]) ** 2, 0);
  const all = truth.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const absolute = truth.reduce((sum, value, row) => sum + Math.abs(value - predicted[row]), 0) / rows;
  return { absolute, squared: Math.sqrt(squares / rows), explained: all ? 1 - squares / all : 0 };
}
