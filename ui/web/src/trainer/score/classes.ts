/** How good predictions of classes are. Rows are what is true, columns what was predicted. */
export interface ClassScore {
  name: string;
  precision: number;
  recall: number;
  f1: number;
  rows: number;
}

export interface Curve {
  points: [x: number, y: number][];
  area: number;
}

/** Where the largest of each `width` numbers is. */
export function largest(values: Float32Array, width: number): number[] {
  return Array.from({ length: values.length / width }, (_, row) => {
    let best = 0;
    for (let index = 1; index < width; index++)
      if (values[row * width + index] > values[row * width + best]) best = index;
    return best;
  });
}

export function confusion(truth: number[], predicted: number[], classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  truth.forEach((actual, row) => matrix[actual][predicted[row]]++);
  return matrix;
}

export function accuracy(matrix: number[][]): number {
  const all = matrix.flat().reduce((sum, count) => sum + count, 0);
  return all ? matrix.reduce((sum, row, index) => sum + row[index], 0) / all : 0;
}

/** The scores of each class; where nothing was predicted or is true, they are 0. */
export function classScores(matrix: number[][], names: string[]): ClassScore[] {
  return names.map((name, index) => {
    const rows = matrix[index].reduce((sum, count) => sum + count, 0);
    const said = matrix.reduce((sum, row) => sum + row[index], 0);
    const right = matrix[index][index];
    const precision = said ? right / said : 0;
    const recall = rows ? right / rows : 0;
    return { name, precision, recall, f1: right ? (2 * precision * recall) / (precision + recall) : 0, rows };
  });
}

/** The accuracy of always saying the most frequent class: a network has to be better than that. */
export function guessing(matrix: number[][]): number {
  const rows = matrix.map((row) => row.reduce((sum, count) => sum + count, 0));
  const all = rows.reduce((sum, count) => sum + count, 0);
  return all ? Math.max(...rows) / all : 0;
}

interface Step {
  hits: number;
  misses: number;
}

/** Hits and false alarms as the threshold falls; equal scores fall together. */
function steps(scores: number[], positive: boolean[]): Step[] {
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
  const made: Step[] = [];
  let hits = 0;
  order.forEach((row, index) => {
    if (positive[row]) hits++;
    if (index + 1 === order.length || scores[order[index + 1]] !== scores[row])
      made.push({ hits, misses: index + 1 - hits });
  });
  return made;
}

/** Receiver operating characteristic: the share of false alarms and of hits. */
export function roc(scores: number[], positive: boolean[]): Curve {
  const yes = positive.filter(Boolean).length;
  const no = positive.length - yes;
  if (!yes || !no) return { points: [], area: NaN };
  const points: [number, number][] = [
    [0, 0],
    ...steps(scores, positive).map(({ hits, misses }): [number, number] => [misses / no, hits / yes]),
  ];
  const area = points
    .slice(1)
    .reduce((sum, [x, y], index) => sum + ((x - points[index][0]) * (y + points[index][1])) / 2, 0);
  return { points, area };
}

/** Precision over recall; its area is the average precision. */
export function precisionRecall(scores: number[], positive: boolean[]): Curve {
  const yes = positive.filter(Boolean).length;
  if (!yes) return { points: [], area: NaN };
  const points = steps(scores, positive).map(({ hits, misses }): [number, number] => [
    hits / yes,
    hits / (hits + misses),
  ]);
  const area = points.reduce(
    (sum, [recall, precision], index) => sum + (recall - (index ? points[index - 1][0] : 0)) * precision,
    0,
  );
  return { points, area };
}
