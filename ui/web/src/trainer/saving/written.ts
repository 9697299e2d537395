/** The notebook of a project that was trained. */
import type { Notebook } from "../notebook/cells.ts";
import { notebook, type Given } from "../notebook/notebook.ts";
import type { Result } from "../notebook/result.ts";
import type { Held } from "../notebook/summary.ts";
import { Problem } from "../problem.ts";
import type { Project } from "../project.ts";
import type { Run } from "../run.ts";
import { outcome } from "../score/outcome.ts";
import { settingsOf } from "./settings.ts";

/** A notebook with the project in its metadata, from where it can be opened again. */
export async function written(project: Project, run: Run, title: string, site: string): Promise<Notebook> {
  // As they are now: while the network is asked, somebody may choose anew.
  const [made, settings] = [given(project, run, title, site), settingsOf(project, run)];
  return notebook({ ...made, held: await heldOf(run, made.result) }, settings);
}

/** What the network says of the rows for the test, where these were looked at; else of those for validation. */
async function heldOf(run: Run, { test }: Result): Promise<Held> {
  const { prepared } = run;
  const part = test === null ? "validation" : "test";
  return { part, found: outcome(prepared, prepared[part], await run.predict(prepared[part].x)) };
}

function given(project: Project, run: Run, title: string, site: string): Omit<Given, "held"> {
  const { table, pictures, source, target, features, layout, reading, shares } = project;
  const { job, prepared } = run;
  if (!table && !pictures) throw new Problem("There are no data.", "Choose some in step 1.");
  return {
    ...{ title, site, table, pictures, source, target, features, layout, reading, shares, prepared },
    ...{ layers: job.layers, shape: job.shape, words: job.words, output: job.output, options: job.options, seed: job.seed },
    course: {
      epochs: Math.max(job.options.epochs, run.epochs.length),
      best: run.at === run.best,
      weighed: job.options.weighed && job.weights !== null,
    },
    result: resultOf(run),
  };
}

export function resultOf(run: Run): Result {
  const { task, target, deviation } = run.prepared;
  const { validationScore } = run.epochOf(run.at);
  // Numbers were scaled for training.
  return { task, target, validation: validationScore * (task === "number" ? deviation : 1), test: run.tested };
}

/** A title to begin with. */
export function titleOf({ name, prepared }: Project): string {
  const plain = name.replaceAll(/[-_]+/g, " ").trim() || "Network";
  const title = plain[0].toUpperCase() + plain.slice(1);
  return prepared?.task === "number" ? `${title}: how much ${prepared.target}` : `${title}: which ${prepared?.target}`;
}
