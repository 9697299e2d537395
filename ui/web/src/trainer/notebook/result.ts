/** Cells that say how good the network is on the rows for the test, beside what the browser found. */
import type { Task } from "../data/target.ts";
import { code, type Cell } from "./cells.ts";
import { text } from "./python.ts";

/** What came of it in the browser. A score is the share of right answers, or by how much numbers are off. */
export interface Result {
  task: Task;
  target: string;
  validation: number;
  /** Null where the rows for the test were not looked at. */
  test: number | null;
}

export function evaluation(result: Result): Cell {
  return code("result", result.task === "classes" ? ofClasses(result) : ofNumbers(result));
}

function ofClasses(result: Result): string {
  return `
loss, right = network.evaluate(x[test], y[test], verbose=0)
print(f"{right:.1%} of the {len(test)} test rows are right${inBrowser(result, percent)}.")

said = network.predict(x[test], verbose=0).argmax(axis=1)
true = y[test].argmax(axis=1)
print(f"Rows are what is true, columns what was said: {', '.join(CLASSES)}")
np.array([[int(np.sum((true == one) & (said == other))) for other in range(len(CLASSES))] for one in range(len(CLASSES))])`;
}

function ofNumbers(result: Result): string {
  return `
said = network.predict(x[test], verbose=0)[:, 0] * spread + mean
off = np.abs(said - wanted[test]).mean()
print(f"On average " ${text(result.target)} f" is off by {off:.4g} in the {len(test)} test rows${inBrowser(result, plain)}.")`;
}

function inBrowser(result: Result, told: (value: number) => string): string {
  if (result.test !== null) return `; in the browser: ${told(result.test)}`;
  return `; in the browser the test was left out, and of the validation rows it was ${told(result.validation)}`;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
const plain = (value: number): string => value.toPrecision(4);

/** The result in words, for Markdown. */
export function inWords(result: Result, rows: { validation: number; test: number }): string {
  const told = (score: number, many: number, which: string): string =>
    result.task === "classes"
      ? `${percent(score)} of the ${many} ${which} rows right`
      : `off by ${plain(score)} on average in the ${many} ${which} rows`;
  const last =
    result.test === null
      ? "The rows for the test were not looked at."
      : `At the end it had ${told(result.test, rows.test, "test")}, which nothing had seen before.`;
  return `In the browser it had ${told(result.validation, rows.validation, "validation")}. ${last}`.replaceAll(
    "had off by",
    "was off by",
  );
}
